import {Flags} from '@oclif/core'
import {BaseCommand} from '../../base-command.js'
import {exitCodeOf, exitCodeOfBatch} from '../../exit-codes.js'
import {envelope} from '../../output/envelope.js'
import type {ReconcileOutput} from '../../output/reconcile-output.js'
import {reconcileLines} from '../../view/reconcile-lines.js'

/** `gateway reconcile`. */
export default class GatewayReconcile extends BaseCommand {
  static override summary = 'Bring the init system in line with records and profiles, as at boot'
  static override description =
    'May be run at any time: what runs goes on. What was installed is defined and started again, unless it was stopped. Where gateways can be registered, so are the other profiles of Hermes, and started where Hermes has noted that they should run.'
  static override examples = [
    '<%= config.bin %> gateway reconcile',
    '<%= config.bin %> gateway reconcile --dry-run --json',
  ]
  static override flags = {
    'dry-run': Flags.boolean({description: 'Say what would be done and change nothing'}),
    'no-wait': Flags.boolean({
      description: 'Return when starts were sent, whatever comes of them: for a container’s boot',
    }),
    prune: Flags.boolean({description: 'Remove gateways whose profile is gone'}),
  }

  async run(): Promise<ReconcileOutput> {
    const {flags} = await this.parse(GatewayReconcile)
    const host = await this.openHost(flags)
    const progress = this.progress('reconciling')
    const {prune, backend, quiet} = flags
    const {signal} = this.interruption
    const {errors, ...done} = await host
      .reconcile({dryRun: flags['dry-run'], prune, backend, signal, wait: !flags['no-wait']})
      .finally(() => progress.stop())
    if (!quiet && (done.actions.length > 0 || errors.length === 0)) this.print(reconcileLines(done))
    for (const row of errors) this.printFailure({...row, exitCode: exitCodeOf(row.code)})
    this.exitWith(exitCodeOfBatch(errors))
    return envelope({...done, errors, warnings: this.warnings})
  }
}
