import {Flags} from '@oclif/core'
import {definitionFlags} from '../../arguments/definition-flags.js'
import {gatewayRequest} from '../../arguments/gateway-request.js'
import {oneProfile} from '../../arguments/profile-args.js'
import {splitArgv} from '../../arguments/split-argv.js'
import {BaseCommand} from '../../base-command.js'
import type {GatewaysOutput} from '../../output/envelope.js'
import {gatewaysOutput} from '../../output/gateways-output.js'
import {definedLine} from '../../view/verb-lines.js'

/** `gateway register`. */
export default class GatewayRegister extends BaseCommand {
  static override summary = 'Define a gateway until the container ends, where the backend can, and start it'
  static override usage = 'gateway register PROFILE [FLAGS] [-- ARGV...]'
  static override examples = ['<%= config.bin %> gateway register coder --if-supported']
  static override args = oneProfile
  static override flags = {
    ...definitionFlags,
    'if-supported': Flags.boolean({description: 'Do nothing, silently, where the backend cannot'}),
  }

  async run(): Promise<GatewaysOutput> {
    const {own, passedOn} = splitArgv(this.argv)
    const {args, flags} = await this.parse(GatewayRegister, own)
    const request = gatewayRequest(args.profile, flags, passedOn, process.env)
    const host = await this.openHost(flags)
    const manager = await host.manager({backend: flags.backend})
    if (flags['if-supported'] && !manager.supportsRuntimeRegistration()) {
      return await gatewaysOutput(host, flags.backend, [], [])
    }
    const progress = this.progress(`registering ${args.profile}`)
    const status = await manager
      .registerProfileGateway(args.profile, {
        request,
        startNow: !flags['no-start'],
        signal: this.interruption.signal,
        ...(flags.timeout && {timeoutMs: flags.timeout}),
      })
      .finally(() => progress.stop())
    if (!flags.quiet) this.log(definedLine(status))
    return await gatewaysOutput(host, flags.backend, [status], [])
  }
}
