import {pathToFileURL} from 'node:url'
import {Args} from '@oclif/core'
import type {Host} from '@hermes-svc/core'
import {BaseCommand} from '../../base-command.js'
import {exitCodeOf} from '../../exit-codes.js'
import {envelope} from '../../output/envelope.js'
import type {VerificationOutput, VerifiedSentence} from '../../output/verification-output.js'
import {sentenceLines, verificationSummary} from '../../view/verification-lines.js'

/** `backend verify`. */
export default class BackendVerify extends BaseCommand {
  static override summary = 'Hold a backend to the contract with throw-away gateways on the live init system'
  static override description =
    'Every sentence of the contract is tried. What was made is removed, also when interrupted. Exit code 0: it keeps the contract.'
  static override examples = ['<%= config.bin %> backend verify', '<%= config.bin %> backend verify embedded --json']
  static override args = {
    kind: Args.string({description: 'Kind of the backend; the chosen one when left out', ignoreStdin: true}),
  }

  async run(): Promise<VerificationOutput> {
    const {args, flags} = await this.parse(BackendVerify)
    const host = await this.openHost(flags)
    const kind = args.kind ?? (await host.manager({backend: flags.backend})).kind
    const tests = await this.#verify(host, kind)
    const count = (result: VerifiedSentence['result']): number => tests.filter(one => one.result === result).length
    const counts = {passed: count('passed'), failed: count('failed'), skipped: count('skipped')}
    const {aborted} = this.interruption.signal
    this.log(verificationSummary(kind, counts, aborted))
    this.exitWith(aborted ? exitCodeOf('HSVC_ABORTED') : counts.failed > 0 ? exitCodeOf('HSVC_INTERNAL') : 0)
    return envelope({backend: kind, ...counts, tests, warnings: this.warnings})
  }

  async #verify(host: Host, kind: string): Promise<VerifiedSentence[]> {
    const {backend, report} = await host.registry.named(kind)
    const scope = host.configuration.scope ?? report.scope
    const {verifyBackend} = await import('../../verify-backend.js')
    const candidate = host.registry.candidates.find(one => one.kind === kind)
    const progress = this.progress(`verifying ${kind}`)
    return await verifyBackend({
      backend,
      context: {configuration: host.configuration.backends[kind] ?? {}},
      ...(scope && {scope}),
      ...(candidate && {module: pathToFileURL(candidate.module).href}),
      signal: this.interruption.signal,
      onResult: (result, done, of) => {
        progress.update(`verifying ${kind}: ${String(done)} of ${String(of)}`)
        this.print(sentenceLines(result))
      },
    }).finally(() => progress.stop())
  }
}
