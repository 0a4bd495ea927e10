import {Flags} from '@oclif/core'
import {type GatewayStatus, type Host, type LifecycleOptions, type Outcome, runBatch} from '@hermes-svc/core'
import {anyProfiles, distinct} from './arguments/profile-args.js'
import {timeoutFlag} from './arguments/time-flags.js'
import {BaseCommand} from './base-command.js'
import {reportError} from './error-report.js'
import {exitCodeOfBatch} from './exit-codes.js'
import {firstRows} from './first-rows.js'
import {errorRow, type ErrorRow, type GatewaysOutput} from './output/envelope.js'
import {gatewaysOutput} from './output/gateways-output.js'
import {lifecycleLine} from './view/verb-lines.js'

/** What start, stop and restart share: all but the verb. */
export abstract class LifecycleCommand extends BaseCommand {
  static override args = anyProfiles
  static override flags = {
    // Without a default oclif leaves it undefined, whatever its type says.
    all: Flags.boolean({description: 'Every gateway but those made by somebody else', default: false}),
    timeout: timeoutFlag(),
    'no-wait': Flags.boolean({description: 'Return when the command was sent, whatever comes of it'}),
  }

  protected abstract readonly verb: 'start' | 'stop' | 'restart'

  async run(): Promise<GatewaysOutput> {
    const {args, flags} = await this.parse(LifecycleCommand)
    const named = distinct(args.profile)
    if (named.length > 0 === flags.all) throw this.usageError('expected names of profiles or --all')
    const host = await this.openHost(flags)
    const profiles = flags.all ? await this.#everyProfile(host, flags.backend) : named
    const {signal} = this.interruption
    const options: LifecycleOptions = {
      signal,
      wait: !flags['no-wait'],
      ...(flags.timeout === undefined ? {} : {timeoutMs: flags.timeout}),
    }
    const gateways: GatewayStatus[] = []
    const errors: ErrorRow[] = []
    const progress = this.progress(`${this.verb} ${profiles.join(' ')}`)
    try {
      const one = async (profile: string): Promise<GatewayStatus> =>
        await (await host.managerFor(profile, {backend: flags.backend}))[this.verb](profile, options)
      for await (const outcome of runBatch(profiles, one, signal)) {
        if ('error' in outcome && named.length === 1) throw outcome.error
        this.#take(outcome, gateways, errors, flags.quiet)
        progress.update(`${this.verb}: ${String(gateways.length + errors.length)} of ${String(profiles.length)}`)
      }
    } finally {
      progress.stop()
    }
    this.exitWith(exitCodeOfBatch(errors))
    return await gatewaysOutput(host, flags.backend, gateways, errors)
  }

  #take(outcome: Outcome<GatewayStatus>, gateways: GatewayStatus[], errors: ErrorRow[], quiet: boolean): void {
    if ('error' in outcome) {
      const report = reportError(outcome.error)
      errors.push(errorRow(outcome.profile, report))
      this.printFailure(report)
    } else {
      gateways.push(outcome.value)
      if (!quiet) this.print([lifecycleLine(outcome.value)])
    }
  }

  async #everyProfile(host: Host, backend: string | undefined): Promise<string[]> {
    const {gateways, warnings} = await host.overview(undefined, {backend})
    for (const warning of warnings) this.notice(warning)
    const changeable = firstRows(gateways).filter(({origin}) => origin !== 'foreign')
    return changeable.map(({profile}) => profile)
  }
}
