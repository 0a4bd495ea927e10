import {Command, Flags, type Interfaces} from '@oclif/core'
import type {Host, ServiceError} from '@hermes-svc/core'
import {examinePlugins} from './discovery/examine-plugins.js'
import {installedBackendPackages, ownPackageJson} from './discovery/installed-packages.js'
import {type ErrorReport, reportError} from './error-report.js'
import {backendLoader} from './fast/bundled-backends.js'
import {Interruption} from './interruption.js'
import {type HostFactory, openHost} from './open-host.js'
import {envelope, type ErrorOutput} from './output/envelope.js'
import {writeStdout} from './output/write-stdout.js'
import {commandBegins} from './program-end.js'
import {expectStrays} from './stray-errors.js'
import {usageError, toUsageError} from './usage-error.js'
import {errorLines} from './view/error-lines.js'
import {toPrintable} from './view/printable.js'
import {type Progress, startProgress, WIPE} from './view/progress.js'

/** The flags that every command has, as parsed. */
export interface CommonFlags {
  readonly backend?: string | undefined
  readonly config?: string | undefined
  readonly quiet?: boolean
  readonly verbose?: boolean
}

/** What every command of this program shares: the common flags, the host, warnings, and the shape of errors. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    backend: Flags.string({
      description: 'Use this backend instead of the detected one',
      helpGroup: 'GLOBAL',
      helpValue: 'KIND',
    }),
    config: Flags.string({
      description: 'Read this configuration file and no other',
      helpGroup: 'GLOBAL',
      helpValue: 'FILE',
    }),
    json: Flags.boolean({description: 'Print JSON, also for errors', helpGroup: 'GLOBAL'}),
    quiet: Flags.boolean({description: 'Print results and errors only', helpGroup: 'GLOBAL', exclusive: ['verbose']}),
    verbose: Flags.boolean({description: 'Print more, such as causes and contents', helpGroup: 'GLOBAL'}),
  }

  /** Makes the host; tests put another one here. */
  static hostFactory: HostFactory = openHost

  protected readonly interruption = new Interruption()
  /** One JSON document a line, for output without an end. */
  protected compactJson = false
  readonly #warnings = new Set<string>()
  #flags: CommonFlags = {}
  #exitCode = 0

  /** Opens the host as the common flags say, and from then on turns ctrl-C into its abort signal. */
  protected async openHost(flags: CommonFlags): Promise<Host> {
    this.#flags = flags
    this.interruption.listen()
    const {usable, warnings} = examinePlugins(this.config.dataDir, process.geteuid?.() ?? null)
    for (const warning of warnings) this.notice(warning)
    const packages = installedBackendPackages(usable)
    expectStrays(packages, message => this.notice(message))
    return await (this.constructor as typeof BaseCommand).hostFactory({
      packages,
      backend: flags.backend,
      config: flags.config,
      signal: this.interruption.signal,
      warn: message => this.notice(message),
      load: backendLoader(packages, ownPackageJson().version ?? '', () => undefined),
      ...(flags.verbose === true && {debug: message => process.stderr.write(`  ${message}\n`)}),
    })
  }

  /** Something the user should know: a line on stderr once, and a row of `warnings` in JSON. */
  protected notice(message: string): void {
    if (this.#warnings.has(message)) return
    this.#warnings.add(message)
    if (!this.jsonEnabled() && this.#flags.quiet !== true)
      process.stderr.write(`${process.stderr.isTTY ? WIPE : ''}! ${toPrintable(message)}\n`)
  }

  /** What was noticed so far, for the `warnings` of a JSON document. */
  protected get warnings(): string[] {
    return [...this.#warnings]
  }

  /** Columns of the terminal; 80 where there is none, or one that does not say. */
  protected get width(): number {
    return process.stdout.columns || 80
  }

  /** Prints lines of data on stdout; nothing under --json. */
  protected print(lines: readonly string[]): void {
    if (lines.length > 0 && process.stdout.isTTY && process.stderr.isTTY && !this.jsonEnabled())
      process.stderr.write(WIPE)
    for (const line of lines) this.log(line)
  }

  /** Prints a failure on stderr while the command goes on; nothing under --json. */
  protected printFailure(report: ErrorReport): void {
    if (this.jsonEnabled()) return
    process.stderr.write(`${errorLines(report, this.#flags.verbose === true).join('\n')}\n`)
  }

  /** Says on a terminal what is going on; the caller stops it. */
  protected progress(text: string): Progress {
    const shown = process.stderr.isTTY && !this.jsonEnabled() && this.#flags.quiet !== true
    return startProgress(text, shown ? process.stderr : null)
  }

  /** Ends the program with this code after everything is printed. */
  protected exitWith(code: number): void {
    this.#exitCode = code
  }

  protected usageError(message: string): ServiceError {
    return usageError(message, this.id)
  }

  /* eslint-disable @typescript-eslint/no-explicit-any -- the signature is oclif's */
  protected override async parse<
    F extends Interfaces.OutputFlags<any>,
    B extends Interfaces.OutputFlags<any>,
    A extends Interfaces.OutputArgs<any>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    try {
      return await super.parse(options, argv)
    } catch (error) {
      throw toUsageError(error, this.id)
    }
  }

  /* eslint-enable @typescript-eslint/no-explicit-any */

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws has to be a rejection
  protected override async catch(thrown: Error & {exitCode?: number}): Promise<void> {
    const {code} = thrown as {code?: unknown}
    // --help and this.exit() travel as errors.
    if (code === 'EEXIT') throw thrown
    this.exitWith(this.interruption.quietExitCode ?? reportError(thrown).exitCode)
    if (this.interruption.quietExitCode !== null) return
    if (!this.jsonEnabled()) throw thrown
    this.logJson(this.toErrorJson(thrown))
  }

  protected override toErrorJson(thrown: unknown): ErrorOutput {
    return envelope({error: reportError(thrown)})
  }

  override logJson(json: unknown): void {
    writeStdout(`${JSON.stringify(json, null, this.compactJson ? 0 : 2)}\n`)
  }

  protected override async init(): Promise<void> {
    commandBegins()
    await super.init()
  }

  protected override async finally(): Promise<void> {
    this.interruption.dispose()
    // Only now: plugins that run in this process may have set one too.
    process.exitCode = this.#exitCode
    await super.finally(undefined)
  }
}
