import {systemClock} from '@hermes-svc/core'
import {anyProfiles} from '../../arguments/profile-args.js'
import {selectionOf} from '../../arguments/selection.js'
import {selectionFlags} from '../../arguments/selection-flags.js'
import {BaseCommand} from '../../base-command.js'
import {exitCodeOf} from '../../exit-codes.js'
import {envelope, type GatewaysOutput} from '../../output/envelope.js'
import {readStatus} from '../../read-gateways.js'
import {gatewayDetails} from '../../view/gateway-details.js'
import {paintFor, showsColor} from '../../view/style.js'

/** `gateway status`. */
export default class GatewayStatus extends BaseCommand {
  static override summary = 'Show all that is known of gateways'
  static override description = [
    'Exit code 0: all that are shown run. 3: some do not. 4: there is none of that name.',
    'With --wanted up it is 0 too where none should run: a health check for a container.',
  ].join(' ')
  static override examples = [
    '<%= config.bin %> gateway status coder',
    "<%= config.bin %> gateway status 'web-*'",
    '<%= config.bin %> gateway status --wanted up',
  ]
  static override args = anyProfiles
  static override flags = selectionFlags

  async run(): Promise<GatewaysOutput> {
    const {args, flags} = await this.parse(GatewayStatus)
    const selection = selectionOf(args.profile ?? [], flags, true)
    const host = await this.openHost(flags)
    const {overview, exitCode} = await readStatus(host, selection, flags.backend, message => this.notice(message))
    const {gateways, errors} = overview
    const paint = paintFor(showsColor(process.stdout))
    for (const status of gateways) this.print(gatewayDetails(status, systemClock.now(), paint))
    if (gateways.length === 0 && errors.length === 0) this.log('no gateways')
    for (const row of errors) this.printFailure({...row, exitCode: exitCodeOf(row.code)})
    this.exitWith(exitCode)
    return envelope({...overview, warnings: this.warnings})
  }
}
