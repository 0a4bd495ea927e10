import {Args, Flags} from '@oclif/core'
import {systemClock} from '@hermes-svc/core'
import {timeoutFlag} from '../../arguments/time-flags.js'
import {BaseCommand} from '../../base-command.js'
import {exitCodeOf} from '../../exit-codes.js'
import {verificationOutput, type VerificationOutput, type VerifiedSentence} from '../../output/verification-output.js'
import {sentenceLines, verificationSummary} from '../../view/verification-lines.js'

const INTERRUPTED = 'interrupted: what was made is being removed; a second time leaves that to the next run'

/** `backend verify`. */
export default class BackendVerify extends BaseCommand {
  static override summary = 'Hold a backend to the contract with throw-away gateways on the live init system'
  static override description =
    'Every sentence of the contract is tried, which takes a minute or more; other gateways are left alone. What was made is removed, also when interrupted, and by the next run when this one was killed. Exit code 0: it keeps the contract. 1: it breaks it. 69: it cannot be tried here. 130: interrupted.'
  static override examples = [
    '<%= config.bin %> backend verify',
    '<%= config.bin %> backend verify embedded --json',
    '<%= config.bin %> backend verify runit --only logs --timeout 1m',
  ]
  static override args = {
    kind: Args.string({description: 'Kind of the backend; the chosen one when left out', ignoreStdin: true}),
  }
  static override flags = {
    only: Flags.string({description: 'Only sentences with this text in their chapter or title', helpValue: 'TEXT'}),
    timeout: timeoutFlag({description: 'What each verb may take, such as 1m on a slow machine; 20s when left out'}),
  }

  async run(): Promise<VerificationOutput> {
    const {args, flags} = await this.parse(BackendVerify)
    const {only, backend = args.kind} = flags
    if (args.kind !== undefined && backend !== args.kind)
      throw this.usageError(`expected one backend, got ${args.kind} and --backend ${backend ?? ''}`)
    const host = await this.openHost(flags)
    this.interruption.listenForHangup()
    const {findVerifiable} = await import('../../find-verifiable.js')
    const {verifyBackend} = await import('../../verify-backend.js')
    const {kind, scope, ...found} = await findVerifiable(host, backend)
    const begun = systemClock.monotonic()
    const {signal} = this.interruption
    const progress = this.progress(`verifying ${kind}`)
    signal.addEventListener('abort', () => this.notice(INTERRUPTED))
    let chapter: string | null = null
    const onResult = (result: VerifiedSentence, done: number, of: number): void => {
      progress.update(`verifying ${kind}: ${String(done)} of ${String(of)}`)
      this.print(sentenceLines(result, chapter))
      chapter = result.group
    }
    const verification = {...found, ...(scope && {scope}), only, timeoutMs: flags.timeout, signal, onResult}
    const tests = await verifyBackend(verification).finally(() => progress.stop())
    if (tests.length === 0)
      throw this.usageError(`expected --only to be in a chapter or title, got ${JSON.stringify(only)}`)
    const durationMs = Math.round(systemClock.monotonic() - begun)
    const verdict = {backend: kind, scope, interrupted: signal.aborted, durationMs}
    const output = verificationOutput(verdict, tests, this.warnings)
    this.print(verificationSummary(output, only))
    this.exitWith(signal.aborted ? exitCodeOf('HSVC_ABORTED') : output.failed > 0 ? exitCodeOf('HSVC_INTERNAL') : 0)
    return output
  }
}
