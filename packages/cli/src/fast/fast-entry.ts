import {writeSync} from 'node:fs'
import type {GatewayState, Wanted} from '@hermes-svc/core'
import {selectionOf} from '../arguments/selection.js'
import {examinePlugins, type PluginsReport} from '../discovery/examine-plugins.js'
import {
  dataDirectory,
  installedBackendPackages,
  type KnownPackages,
  packageRoot,
  type UserPlugin,
} from '../discovery/installed-packages.js'
import {reportError} from '../error-report.js'
import {homeDirectory} from '../home-directory.js'
import {Interruption} from '../interruption.js'
import {openHost} from '../open-host.js'
import {envelope} from '../output/envelope.js'
import {claimStdout, writeStdout} from '../output/write-stdout.js'
import {ProgramEnd} from '../program-end.js'
import {type ReadGateways, readList, readStatus} from '../read-gateways.js'
import {expectStrays} from '../stray-errors.js'
import {type ArgumentShapes, type FastCall, readCall} from './argument-shapes.js'
import {backendLoader} from './bundled-backends.js'

// Put in when the modules are joined (scripts/bundle.js): what the commands' flags are, and what is in the package.json files of
// this program and of the backends that come with it.
declare const ARGUMENT_SHAPES: ArgumentShapes
declare const KNOWN_PACKAGES: KnownPackages

const READERS: Readonly<Record<string, ReadGateways>> = {'gateway:list': readList, 'gateway:status': readStatus}

/** What makes oclif say or do more than the command. */
const OCLIF_VARIABLES = /^(?:DEBUG|CLI_FLAGS_DEBUG|OCLIF_.*|HERMES_SVC_(?:CONTENT_TYPE|DEBUG))$/

const STDOUT = 1
const NEWLINE = 0x0a

/** Whether a plugin can do nothing but provide a backend, so that oclif need not load it. */
function isBackendOnly({packageJson}: UserPlugin): boolean {
  const {oclif} = packageJson ?? {}
  return oclif !== undefined && Object.keys(oclif).length === 0
}

/** One run of a fast command. */
class FastRun {
  readonly #call: FastCall
  readonly #plugins: PluginsReport
  readonly #program: ProgramEnd
  readonly #interruption = new Interruption()
  readonly #warnings = new Set<string>()
  /** Whether code of other makers was loaded, which may print, throw and end the program at any time. */
  #hasStrangers = false

  constructor(call: FastCall, argv: readonly string[], plugins: PluginsReport) {
    this.#call = call
    this.#plugins = plugins
    this.#program = new ProgramEnd(argv, true)
    this.#program.listen(true)
  }

  /** Reads, prints and ends the program. */
  async perform(keepCompiled: () => void, room: Buffer): Promise<void> {
    let document: object
    let isTypical = false
    try {
      const {overview, exitCode} = await this.#read()
      document = envelope({...overview, warnings: [...this.#warnings]})
      process.exitCode = exitCode
      isTypical = overview.gateways.length > 0
    } catch (thrown) {
      const error = reportError(thrown)
      document = envelope({error})
      process.exitCode = error.exitCode
    }
    this.#interruption.dispose()
    await this.#print(JSON.stringify(document, null, 2), room, isTypical ? keepCompiled : () => undefined)
  }

  async #read(): ReturnType<ReadGateways> {
    const {id, names, values} = this.#call
    const [backend, config] = [values['backend']?.[0], values['config']?.[0]]
    const [state, wanted] = [values['state'] as GatewayState[] | undefined, values['wanted']?.[0] as Wanted | undefined]
    const notice = (message: string): void => void this.#warnings.add(message)
    this.#interruption.listen()
    for (const warning of this.#plugins.warnings) notice(warning)
    const packages = installedBackendPackages(this.#plugins.usable, packageRoot, KNOWN_PACKAGES)
    const load = backendLoader(packages, KNOWN_PACKAGES['hermes-svc']?.version ?? '', () => {
      this.#expectStrangers()
      expectStrays(packages, notice)
    })
    const {signal} = this.#interruption
    const host = await openHost({packages, backend, config, signal, warn: notice, load})
    return await (READERS[id] as ReadGateways)(host, selectionOf(names, {state, wanted}, true), backend, notice)
  }

  #expectStrangers(): void {
    if (this.#hasStrangers) return
    this.#hasStrangers = true
    this.#program.bearReaders()
    claimStdout()
  }

  /** Past process.stdout, which is made of streams and the network, unless other code has it made or it has to be waited for. */
  async #print(json: string, room: Buffer, onPrinted: () => void): Promise<void> {
    const rest = this.#hasStrangers ? `${json}\n` : writeAtOnce(lineOf(json, room))
    if (!this.#hasStrangers) onPrinted()
    if (rest.length === 0) this.#program.endNow()
    if (!this.#hasStrangers) this.#program.bearReaders()
    writeStdout(rest)
    await this.#program.end()
  }
}

/** A document as a line, in `room` where it fits: fresh memory costs more than to write it. */
function lineOf(json: string, room: Buffer): Buffer {
  if (Buffer.byteLength(json) >= room.length) return Buffer.from(`${json}\n`)
  const length = room.write(json)
  room[length] = NEWLINE
  return room.subarray(0, length + 1)
}

/** Writes to stdout what it takes without waiting; gives the rest. */
function writeAtOnce(line: Buffer): Uint8Array {
  let rest = line
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(STDOUT, rest))
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    // Nobody reads any more, or the terminal is gone.
    if (code === 'EPIPE' || code === 'EIO') return new Uint8Array()
    if (code !== 'EAGAIN') throw error
  }
  // A copy: until it is written, the room may be used again.
  return new Uint8Array(rest)
}

/**
 * Answers `gateway list --json` and `gateway status --json` without oclif, which takes longer to load than they take. False,
 * with nothing done, for every other command line, and where a plugin or a variable may have a say that only oclif gives it.
 * `keepCompiled` is called after a run that is like most; `room` is memory that is free by then.
 */
export function runFast(argv: readonly string[], keepCompiled: () => void, room: Buffer): boolean {
  const {env, platform} = process
  const call = readCall(argv, ARGUMENT_SHAPES)
  if (call === null || Object.keys(env).some(name => OCLIF_VARIABLES.test(name))) return false
  const directory = dataDirectory(env, platform, homeDirectory(env, platform))
  const plugins = examinePlugins(directory, process.geteuid?.() ?? null)
  if (!plugins.plugins.every(isBackendOnly)) return false
  // As for oclif (main.ts): backends are given it too.
  env['SHELL'] ??= ''
  void new FastRun(call, argv, plugins).perform(keepCompiled, room)
  return true
}
