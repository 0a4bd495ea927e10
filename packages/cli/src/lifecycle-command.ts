import {Flags} from '@oclif/core'
import {
  type GatewayStatus,
  type GuardedRestartOptions,
  type Host,
  type Outcome,
  runBatch,
  runInTurn,
} from '@hermes-svc/core'
import {anyProfiles} from './arguments/profile-args.js'
import {type SelectionFlags, selectionOf} from './arguments/selection.js'
import {selectionFlags} from './arguments/selection-flags.js'
import {timeoutFlag} from './arguments/time-flags.js'
import {BaseCommand, type CommonFlags} from './base-command.js'
import {BatchResult} from './batch-result.js'
import {reportError} from './error-report.js'
import type {BatchOutput} from './output/envelope.js'
import {gatewaysOutput} from './output/gateways-output.js'
import {needsRows, selectProfiles} from './select-profiles.js'
import {leftLine, lifecycleLine} from './view/verb-lines.js'

interface LifecycleFlags extends CommonFlags, SelectionFlags {
  readonly all: boolean
  readonly timeout?: number | undefined
  readonly 'no-wait'?: boolean
  readonly drain?: boolean
}

/** What start, stop and restart share: all but the verb. */
export abstract class LifecycleCommand extends BaseCommand {
  static override args = anyProfiles
  static override flags = {
    // Without a default oclif leaves it undefined, whatever its type says.
    all: Flags.boolean({description: 'Every gateway but those made by somebody else', default: false}),
    ...selectionFlags,
    timeout: timeoutFlag(),
    'no-wait': Flags.boolean({description: 'Return when the command was sent, whatever comes of it'}),
  }

  protected abstract readonly verb: 'start' | 'stop' | 'restart'

  async run(): Promise<BatchOutput> {
    const {args, flags} = await this.parse(LifecycleCommand)
    return await this.changeEach(args.profile ?? [], flags)
  }

  /** Does the verb for all that words and flags mean; draining, one after the other until one fails. */
  protected async changeEach(words: readonly string[], flags: LifecycleFlags): Promise<BatchOutput> {
    const {backend, drain = false, quiet = false} = flags
    const selection = selectionOf(words, flags, false)
    const {states, wanted} = selection
    const narrows = states.length > 0 || wanted !== null
    if (words.length > 0 ? flags.all : !flags.all && !narrows)
      throw this.usageError('expected names of profiles, or --all, --state or --wanted')
    const host = await this.openHost(flags)
    const rows = needsRows(selection) ? await this.#everyRow(host, backend) : []
    const profiles = selectProfiles(rows, selection)
    const {signal} = this.interruption
    const options: GuardedRestartOptions = {
      signal,
      wait: flags['no-wait'] !== true,
      drain,
      ...(flags.timeout === undefined ? {} : {timeoutMs: flags.timeout}),
    }
    const result = new BatchResult(profiles, drain)
    if (profiles.length === 0 && !quiet) this.print(['no gateways'])
    const progress = this.progress(result.progressText(this.verb))
    try {
      const one = async (profile: string, onWaiting?: () => void): Promise<GatewayStatus> => {
        const manager = await host.managerFor(profile, {backend})
        return await manager[this.verb](profile, {...options, ...(onWaiting && {onWaiting})})
      }
      for await (const outcome of (drain ? runInTurn : runBatch)(profiles, one, signal)) {
        if ('error' in outcome && profiles.length === 1 && words[0] === outcome.profile) throw outcome.error
        result.take(outcome)
        this.#tell(outcome, result, quiet)
        if (result.isOver) break
        progress.update(result.progressText(this.verb))
      }
    } finally {
      progress.stop()
    }
    const {gateways, errors, summary} = result
    if (summary.notReached.length > 0 && !this.jsonEnabled())
      process.stderr.write(`✗ not reached, and not touched: ${summary.notReached.join(' ')}\n`)
    this.exitWith(result.exitCode)
    return {...(await gatewaysOutput(host, backend, gateways, errors)), summary}
  }

  #tell(outcome: Outcome<GatewayStatus>, {summary}: BatchResult, quiet: boolean): void {
    if ('error' in outcome) this.printFailure(reportError(outcome.error))
    else if (!quiet) this.print([(summary.left.includes(outcome.profile) ? leftLine : lifecycleLine)(outcome.value)])
  }

  async #everyRow(host: Host, backend: string | undefined): Promise<readonly GatewayStatus[]> {
    const {gateways, warnings} = await host.overview(undefined, {backend})
    for (const warning of warnings) this.notice(warning)
    return gateways
  }
}
