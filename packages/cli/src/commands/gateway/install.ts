import {Flags} from '@oclif/core'
import {ask, canAsk} from '../../arguments/ask.js'
import {definitionFlags, windowsFlags} from '../../arguments/definition-flags.js'
import {assertPlatformFlags, gatewayRequest} from '../../arguments/gateway-request.js'
import {oneProfile} from '../../arguments/profile-args.js'
import {splitArgv} from '../../arguments/split-argv.js'
import {askAboutStarts} from '../../arguments/start-questions.js'
import {findAutostartGap} from '../../autostart-gap.js'
import {BaseCommand} from '../../base-command.js'
import type {GatewaysOutput} from '../../output/envelope.js'
import {gatewaysOutput} from '../../output/gateways-output.js'
import {planOutput, type PlanOutput} from '../../output/plan-output.js'
import {planLines} from '../../view/plan-lines.js'
import {definedLine} from '../../view/verb-lines.js'

/** `gateway install`. */
export default class GatewayInstall extends BaseCommand {
  static override summary = 'Define a gateway so that it survives reboots, and start it'
  static override usage = 'gateway install PROFILE [FLAGS] [-- ARGV...]'
  static override examples = [
    '<%= config.bin %> gateway install coder',
    '<%= config.bin %> gateway install web --port 8080 -- python3 -m http.server 8080',
    '<%= config.bin %> gateway install coder --dry-run',
  ]
  static override args = oneProfile
  static override flags = {
    ...definitionFlags,
    ...windowsFlags,
    adopt: Flags.boolean({description: 'Take over a definition made by somebody else, keeping a backup'}),
    'dry-run': Flags.boolean({description: 'Print the plan and change nothing'}),
    force: Flags.boolean({description: 'Forget earlier installs and write everything anew'}),
    scope: Flags.option({description: 'Where to define it', options: ['user', 'system'] as const})(),
  }

  async run(): Promise<GatewaysOutput | PlanOutput> {
    const {own, passedOn} = splitArgv(this.argv)
    const {args, flags} = await this.parse(GatewayInstall, own)
    assertPlatformFlags(flags, process.platform)
    const request = gatewayRequest(args.profile, flags, passedOn, process.env)
    const {adopt, force, timeout, 'elevated-handoff': elevatedHandoff} = flags
    const {signal} = this.interruption
    const start = !flags['no-start']
    const options = {adopt, force, elevatedHandoff, signal, start, ...(timeout && {timeoutMs: timeout})}
    const host = await this.openHost(flags)
    const manager = await host.managerFor(args.profile, {backend: flags.backend})
    if (flags['dry-run']) {
      const output = planOutput(manager.kind, await manager.preview(request, options), this.warnings)
      this.print(planLines(output, flags.verbose))
      return output
    }
    const asks = process.platform === 'win32' && canAsk() && !this.jsonEnabled()
    const question = (text: string): Promise<boolean> => ask(text, {signal, byDefault: true})
    const order = asks ? await askAboutStarts({request, options}, {host, manager, flags}, question) : {request, options}
    const progress = this.progress(`installing ${args.profile}`)
    const status = await manager.install(order.request, order.options).finally(() => progress.stop())
    if (!flags.quiet) this.log(definedLine(status, await findAutostartGap(host, status)))
    return await gatewaysOutput(host, flags.backend, [status], [])
  }
}
