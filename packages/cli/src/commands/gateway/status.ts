import {serviceError, systemClock} from '@hermes-svc/core'
import {anyProfiles, distinct} from '../../arguments/profile-args.js'
import {BaseCommand} from '../../base-command.js'
import {EXIT_NOT_RUNNING, exitCodeOf, exitCodeOfBatch} from '../../exit-codes.js'
import {firstRows} from '../../first-rows.js'
import {envelope, type GatewaysOutput} from '../../output/envelope.js'
import {gatewayDetails} from '../../view/gateway-details.js'
import {paintFor, showsColor} from '../../view/style.js'

/** `gateway status`. */
export default class GatewayStatus extends BaseCommand {
  static override summary = 'Show all that is known of gateways'
  static override description = 'Exit code 0: all run. 3: some do not. 4: there is none of that name.'
  static override examples = ['<%= config.bin %> gateway status coder']
  static override args = anyProfiles

  async run(): Promise<GatewaysOutput> {
    const {args, flags} = await this.parse(GatewayStatus)
    const profiles = distinct(args.profile)
    const host = await this.openHost(flags)
    const overview = await host.overview(profiles.length === 0 ? undefined : profiles, {
      backend: flags.backend,
      health: true,
    })
    for (const warning of overview.warnings) this.notice(warning)
    const {gateways, errors} = overview
    const [failure] = errors
    if (profiles.length === 1 && failure !== undefined && gateways.length === 0) {
      const {code, message, profile, hint} = failure
      throw serviceError(code, message, {profile, ...(hint === undefined ? {} : {hint})})
    }
    const paint = paintFor(showsColor(process.stdout))
    for (const status of gateways) this.print(gatewayDetails(status, systemClock.now(), paint))
    if (gateways.length === 0 && errors.length === 0) this.log('no gateways')
    for (const row of errors) this.printFailure({...row, exitCode: exitCodeOf(row.code)})
    const running = firstRows(gateways).every(({state}) => state === 'running')
    this.exitWith(errors.length > 0 ? exitCodeOfBatch(errors) : running ? 0 : EXIT_NOT_RUNNING)
    return envelope({...overview, warnings: this.warnings})
  }
}
