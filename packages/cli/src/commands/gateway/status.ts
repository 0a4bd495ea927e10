import {type Host, type Overview, serviceError, systemClock} from '@hermes-svc/core'
import {anyProfiles} from '../../arguments/profile-args.js'
import {selectionFlags, selectionOf} from '../../arguments/selection-flags.js'
import {BaseCommand} from '../../base-command.js'
import {EXIT_NOT_RUNNING, exitCodeOf, exitCodeOfBatch} from '../../exit-codes.js'
import {firstRows} from '../../first-rows.js'
import {envelope, type GatewaysOutput} from '../../output/envelope.js'
import {needsRows, type Selection, selectProfiles} from '../../select-profiles.js'
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
    const overview = await this.#overview(host, selection, flags.backend)
    for (const warning of overview.warnings) this.notice(warning)
    const {gateways, errors} = overview
    const [failure] = errors
    if (selection.words.length === 1 && failure !== undefined && gateways.length === 0) {
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

  async #overview(host: Host, selection: Selection, backend: string | undefined): Promise<Overview> {
    const {words} = selection
    const options = {backend, health: true}
    if (words.length > 0 && !needsRows(selection)) return await host.overview(words, options)
    const all = await host.overview(undefined, words.length > 0 ? {backend} : options)
    const profiles = selectProfiles(all.gateways, selection)
    // What a name stands for is shown with what only a question for it tells, also where a pattern gave the name.
    if (words.length > 0 && profiles.length > 0) return await host.overview(profiles, options)
    return {...all, gateways: all.gateways.filter(({profile}) => profiles.includes(profile))}
  }
}
