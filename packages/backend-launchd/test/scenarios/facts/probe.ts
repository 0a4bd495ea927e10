import {chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {startTimeOf} from '@hermes-svc/core'
import {build, type PlistValue} from 'plist'
import {eventually} from '../eventually.js'
import type {Mac, Ran} from '../mac.js'
import {PrintedJob} from '../printed-job.js'
import {PREFIX, PROBE_PREFIX} from '../throw-away.js'

/** A label that nothing is loaded by. */
export const ABSENT = `${PROBE_PREFIX}none`

let made = 0

/** A script that runs until it gets TERM. */
export const IDLE = 'while :; do sleep 0.1; done'
/** The same for one that takes a second and a half to end. */
export const SLOW_TO_END = `trap 'sleep 1.5; exit 0' TERM; ${IDLE}`

/** A time to the tenth of a second. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** A word for sh(1). */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** One job by which launchd is asked something: a definition of our own making, which no login loads. */
export class Probe {
  readonly mac: Mac
  readonly label: string
  readonly directory: string
  readonly path: string

  constructor(mac: Mac, script: string, keys: Readonly<Record<string, PlistValue>> = {}) {
    made += 1
    this.mac = mac
    this.label = `${PROBE_PREFIX}${String(made)}`
    this.directory = mkdtempSync(join(realpathSync(tmpdir()), `${PREFIX}probe-`))
    // In the system scope another account's job writes here.
    chmodSync(this.directory, mac.account === null ? 0o700 : 0o777)
    this.path = join(this.directory, `${this.label}.plist`)
    this.write({ProgramArguments: ['/bin/sh', '-c', script, 'probe', this.directory], ...keys})
  }

  /** Replaces the definition. Where a job may be loaded depends on its session type. */
  write(keys: Readonly<Record<string, PlistValue>>, mode = 0o644): void {
    const session = this.mac.domain.startsWith('user/') ? {LimitLoadToSessionType: 'Background'} : {}
    const own = {Label: this.label, RunAtLoad: true, ThrottleInterval: 1, ExitTimeOut: 20, ...session, ...keys}
    writeFileSync(this.path, build(own))
    chmodSync(this.path, mode)
  }

  get target(): string {
    return `${this.mac.domain}/${this.label}`
  }

  async bootstrap(): Promise<Ran> {
    return await this.mac.launchctl('bootstrap', this.mac.domain, this.path)
  }

  async bootout(): Promise<Ran> {
    return await this.mac.launchctl('bootout', this.target)
  }

  /** null where launchd has no such job. */
  async print(): Promise<PrintedJob | null> {
    const {code, stdout} = await this.mac.launchctl('print', this.target)
    return code === 0 ? new PrintedJob(stdout) : null
  }

  /** Loads it and waits for its process. Gives the pid. */
  async running(): Promise<number> {
    const {code, stderr} = await this.bootstrap()
    if (code !== 0) throw new Error(`expected ${this.label} to be loaded, got ${String(code)}: ${stderr}`)
    return await this.pid()
  }

  /** The pid, as soon as there is one other than `than`. */
  async pid(than: number | null = null): Promise<number> {
    return await eventually(`a process of ${this.label}`, async () => {
      const pid = (await this.print())?.pid ?? null
      return pid !== than && pid
    })
  }

  /** The job as it is printed, as soon as it is so. */
  async printed(what: string, is: (job: PrintedJob) => boolean): Promise<PrintedJob> {
    return await eventually(`${this.label}: ${what}`, async () => {
      const job = await this.print()
      return job !== null && is(job) && job
    })
  }

  /** Resolves when launchd has no such job any more. */
  async gone(): Promise<void> {
    await eventually(`${this.label} is gone`, async () => (await this.print()) === null)
  }

  /** A file that the job wrote in its directory, as soon as it is whole: it ends in a line end. */
  async wrote(name: string): Promise<string> {
    return await eventually(`${this.label} writes ${name}`, () => {
      const text = this.#read(name)
      return text.endsWith('\n') && text.slice(0, -1)
    })
  }

  /** Whether that process is there; one that has ended and was not buried is not. */
  lives(pid: number): boolean {
    return startTimeOf(pid) !== null
  }

  /** Ends it and removes what it left. What was decided about its label is taken back as far as launchd lets us. */
  async remove(): Promise<void> {
    for (const domain of this.mac.domains) await this.mac.launchctl('bootout', `${domain}/${this.label}`)
    await this.gone()
    rmSync(this.directory, {recursive: true, force: true})
  }

  #read(name: string): string {
    try {
      return readFileSync(join(this.directory, name), 'utf8')
    } catch {
      return ''
    }
  }
}
