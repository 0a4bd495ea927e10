import {Flags} from '@oclif/core'
import {assertProfileName, type GatewayStatus} from '@hermes-svc/core'
import {definitionFlags} from '../../arguments/definition-flags.js'
import {gatewayRequest} from '../../arguments/gateway-request.js'
import {oneProfile} from '../../arguments/profile-args.js'
import {splitArgv} from '../../arguments/split-argv.js'
import {BaseCommand} from '../../base-command.js'
import {skipForHook} from '../../hook-skip.js'
import type {GatewaysOutput} from '../../output/envelope.js'
import {gatewaysOutput} from '../../output/gateways-output.js'
import {definedLine} from '../../view/verb-lines.js'

/** `gateway register`. */
export default class GatewayRegister extends BaseCommand {
  static override summary = 'Define a gateway until the container ends, where the backend can, and start it'
  static override usage = 'gateway register PROFILE [FLAGS] [-- ARGV...]'
  static override examples = ['<%= config.bin %> gateway register coder --no-start --if-supported']
  static override args = oneProfile
  static override flags = {
    ...definitionFlags,
    'if-supported': Flags.boolean({description: 'For hooks: no failure where there is nothing to do'}),
  }

  async run(): Promise<GatewaysOutput> {
    const {own, passedOn} = splitArgv(this.argv)
    const {args, flags} = await this.parse(GatewayRegister, own)
    const request = gatewayRequest(args.profile, flags, passedOn, process.env)
    if (flags['if-supported']) assertProfileName(args.profile)
    const host = await this.openHost(flags)
    const options = {
      request,
      startNow: !flags['no-start'],
      signal: this.interruption.signal,
      ...(flags.timeout && {timeoutMs: flags.timeout}),
    }
    const register = async (): Promise<GatewayStatus> =>
      await (await host.manager({backend: flags.backend})).registerProfileGateway(args.profile, options)
    const progress = this.progress(`registering ${args.profile}`)
    try {
      const status = await register().finally(() => progress.stop())
      if (!flags.quiet) this.log(definedLine(status))
      const skipped = flags['if-supported'] && {skipped: []}
      return {...(await gatewaysOutput(host, flags.backend, [status], [])), ...skipped}
    } catch (error) {
      const skip = flags['if-supported'] ? await skipForHook(host, 'register', args.profile, error) : null
      if (skip === null) throw error
      return {...(await gatewaysOutput(host, flags.backend, [], [])), skipped: [skip]}
    }
  }
}
