import {appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, rmdirSync} from 'node:fs'
import {join, sep} from 'node:path'
import type {Scope} from './capabilities.js'
import {serviceError} from './errors/service-error.js'
import {publishFlushed, STAGING_PREFIX} from './fs/publish-file.js'
import {readRegularFile} from './fs/read-regular-file.js'
import {type Run, soon} from './fs/shared-rights.js'
import type {GatewaySpec, LogPolicy, RestartPolicy} from './gateway-spec.js'
import type {Wanted} from './gateway-status.js'
import {invalidProfileReason} from './profile-name.js'

/** The schema that this program writes; a record of a newer one is refused, not guessed at. */
export const RECORD_SCHEMA_VERSION = 1

/** What the user said about a gateway; what is left out comes from the configuration. A whole GatewaySpec is one too. */
export interface GatewayRequest {
  readonly profile: string
  /** Runs instead of the configured command. */
  readonly argv?: readonly string[]
  readonly port?: number | null
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly scope?: Scope
  /** The account to run as; null: the default. Never recorded: whoever can write a record must not choose whom root runs as. */
  readonly account?: string | null
  readonly autostart?: boolean
  readonly restart?: RestartPolicy
  readonly settleMs?: number
  readonly stopTimeoutMs?: number
  readonly logs?: LogPolicy
  /** Which fields the user set; default: all that are given. */
  readonly userSet?: readonly string[]
}

/** What install was told and what it made of it, kept on the profile root's disk. */
export interface GatewayRecord {
  readonly schemaVersion: typeof RECORD_SCHEMA_VERSION
  readonly profile: string
  /** Kind of the backend that holds the definition. */
  readonly backend: string
  readonly wanted: Wanted
  /** Hermes' own state says the same as `wanted`, so that it is Hermes' doing when it says something else later. */
  readonly mirrored?: boolean
  readonly request: GatewayRequest
  /** PATH of the first install, so that a repeat from sudo or cron plans the same. */
  readonly path: string
  /** The spec of the definition that stands. */
  readonly spec: GatewaySpec
}

/** A record that could not be read. */
export interface RecordProblem {
  readonly profile: string
  readonly message: string
}

const FILE = 'record.json'

/** Every kind that a record here has named, one a line. It goes with the last record, so it may say too much and never too little. */
const BACKENDS_FILE = '.backends'

function parseRecord(text: string, path: string, of: string): GatewayRecord {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (cause) {
    throw serviceError('HSVC_UNEXPECTED_OUTPUT', `${path}: expected JSON, got ${JSON.stringify(text.slice(0, 40))}`, {
      hint: 'restore it from a backup, or remove its directory and install the gateway again',
      cause,
    })
  }
  const {schemaVersion, profile, backend, wanted, request, spec} = (data ?? {}) as Partial<Record<string, unknown>>
  if (typeof schemaVersion === 'number' && schemaVersion > RECORD_SCHEMA_VERSION) {
    throw serviceError(
      'HSVC_UNEXPECTED_OUTPUT',
      `${path}: expected schemaVersion ${String(RECORD_SCHEMA_VERSION)} or older, got ${String(schemaVersion)}`,
      {hint: 'it was written by a newer hermes-svc: use that one'},
    )
  }
  const whole =
    schemaVersion === RECORD_SCHEMA_VERSION &&
    profile === of &&
    typeof backend === 'string' &&
    (wanted === 'up' || wanted === 'down') &&
    [request, spec].every(part => part !== null && typeof part === 'object')
  if (!whole) {
    throw serviceError('HSVC_UNEXPECTED_OUTPUT', `${path}: expected a gateway record of ${of}, got other JSON`, {
      hint: 'remove its directory and install the gateway again',
    })
  }
  const {account: _never, ...kept} = request as GatewayRequest
  return {...(data as GatewayRecord), request: kept}
}

/** Removes what a program that was killed had staged there, its own or a backend's: it may hold environment values. */
function removeStaged(directory: string): void {
  try {
    for (const name of readdirSync(directory)) {
      if (name.startsWith(STAGING_PREFIX)) rmSync(join(directory, name), {recursive: true, force: true})
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/**
 * The records under one directory, one directory each. All work is synchronous, so that it can be done with the rights
 * of the account that owns the root: `run` wraps each piece.
 */
export class RecordStore {
  readonly #directory: string
  readonly #run: Run

  constructor(directory: string, run: Run = action => action()) {
    this.#directory = directory
    this.#run = run
  }

  /** The directory of one gateway: its record, and what a backend keeps beside it. */
  directory(profile: string): string {
    return `${this.#directory}${sep}${profile}`
  }

  /** null when there is none. Throws HSVC_UNEXPECTED_OUTPUT for one that does not parse or is newer than this program. */
  read(profile: string): GatewayRecord | null {
    const path = `${this.directory(profile)}${sep}${FILE}`
    return this.#run(() => {
      let text: string
      try {
        text = readRegularFile(path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
      return parseRecord(text, path, profile)
    })
  }

  /** The same, together with other work for which the rights are taken. */
  async readSoon(profile: string): Promise<GatewayRecord | null> {
    return await soon(this.#run, () => this.read(profile))
  }

  /** Names that have a directory here, sorted; a backend may keep a definition in one that has no record. */
  profiles(): string[] {
    return this.#run(() => {
      try {
        return readdirSync(this.#directory)
          .filter(name => invalidProfileReason(name) === null)
          .sort()
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
        throw error
      }
    })
  }

  /** Whether there is a record, readable or not. */
  hasFile(profile: string): boolean {
    return this.#run(() => existsSync(join(this.directory(profile), FILE)))
  }

  /** The kinds that records may name, so that not each has to be read; null where that is not known. */
  backends(): ReadonlySet<string> | null {
    const path = join(this.#directory, BACKENDS_FILE)
    return this.#run(() => (existsSync(path) ? new Set(readRegularFile(path).split('\n').filter(Boolean)) : null))
  }

  /** Every record, or those of some profiles, sorted by profile, and why the others could not be read. */
  list(profiles = this.profiles()): {records: GatewayRecord[]; problems: RecordProblem[]} {
    const records: GatewayRecord[] = []
    const problems: RecordProblem[] = []
    for (const profile of profiles) {
      try {
        const record = this.read(profile)
        if (record) records.push(record)
      } catch (error) {
        problems.push({profile, message: (error as Error).message})
      }
    }
    return {records, problems}
  }

  /** Writes a record whole or not at all, readable by its owner only. The caller holds the gateway's lock. */
  async write(record: GatewayRecord): Promise<void> {
    const directory = this.directory(record.profile)
    const contents = `${JSON.stringify(record, null, 2)}\n`
    const prepare = (): void => {
      this.#noteBackend(record.backend)
      mkdirSync(directory, {recursive: true, mode: 0o700})
      removeStaged(directory)
    }
    // Whoever removed the last record meanwhile may have removed the note, and another one made it anew.
    const end = (): void => {
      this.#noteBackend(record.backend)
    }
    await publishFlushed(join(directory, FILE), contents, {mode: 0o600, run: this.#run, prepare, end})
  }

  /** Before the record itself: killed in between, the note says too much. */
  #noteBackend(kind: string): void {
    const noted = this.backends()
    if (noted?.has(kind) === true) return
    const {records, problems} = noted === null ? this.list() : {records: [], problems: []}
    // Of a record that cannot be read nobody knows what it names.
    if (problems.length > 0) return
    const kinds = new Set([kind, ...records.map(({backend}) => backend)])
    this.#run(() => {
      mkdirSync(this.#directory, {recursive: true, mode: 0o700})
      const lines = [...kinds].map(each => `${each}\n`).join('')
      appendFileSync(join(this.#directory, BACKENDS_FILE), lines, {mode: 0o600, flush: true})
    })
  }

  /**
   * Removes a record, and its directory when nothing else is in it. Gone already is fine. The caller holds the gateway's
   * lock. Gives the path of what it removed.
   */
  remove(profile: string): string {
    const removed = this.#run(() => {
      rmSync(join(this.directory(profile), FILE), {force: true})
      removeStaged(this.directory(profile))
      try {
        rmdirSync(this.directory(profile))
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? ''
        // ENOTEMPTY: a backend keeps something there. EEXIST is the same on some systems.
        if (code === 'ENOTEMPTY' || code === 'EEXIST') return join(this.directory(profile), FILE)
        if (code !== 'ENOENT') throw error
      }
      return this.directory(profile)
    })
    if (this.profiles().length === 0) {
      this.#run(() => {
        rmSync(join(this.#directory, BACKENDS_FILE), {force: true})
      })
    }
    return removed
  }
}
