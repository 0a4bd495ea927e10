import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

const PATIENCE_MS = 60_000

/** Whether s6 is installed here. */
export const hasS6 = existsSync('/usr/bin/s6-svscan')

/** Asks until the answer is true. */
export async function eventually(what: string, probe: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!(await probe())) {
    if (performance.now() > end) throw new Error(`expected within ${String(PATIENCE_MS)} ms: ${what}`)
    await sleep(5)
  }
}

/** The process that reads a control FIFO, gone or not: what `s6-svok` says of a service directory. */
export function isSupervised(directory: string): boolean {
  try {
    execFileSync('s6-svok', [directory], {stdio: 'ignore'})
    return true
  } catch {
    return false
  }
}

/** A real s6-svscan over a scan directory of its own in the temporary directory. */
export class S6Scandir {
  readonly path: string
  #svscan: ChildProcess | null = null

  constructor(name = 'scandir') {
    this.path = join(mkdtempSync(join(tmpdir(), 's6-')), name)
    mkdirSync(this.path)
  }

  async start(...options: string[]): Promise<this> {
    const env = {PATH: '/usr/bin:/bin', LC_ALL: 'C'}
    this.#svscan = spawn('s6-svscan', [...options, this.path], {env, stdio: 'ignore'})
    await eventually('s6-svscan listens', () => existsSync(join(this.path, '.s6-svscan', 'control')))
    return this
  }

  /** As a container that stops: every service is brought down, and the supervisors end. */
  async stop(): Promise<void> {
    const svscan = this.#svscan
    this.#svscan = null
    if (svscan === null || svscan.exitCode !== null || svscan.signalCode !== null) return
    const ended = once(svscan, 'exit')
    svscan.kill('SIGTERM')
    await ended
  }

  /** s6-svscan is killed; the supervisors live on. */
  async kill(): Promise<void> {
    const svscan = this.#svscan
    this.#svscan = null
    if (svscan === null) return
    const ended = once(svscan, 'exit')
    svscan.kill('SIGKILL')
    await ended
  }

  /** Has s6-svscan look at its directory again; with `an` it also ends what is gone. */
  rescan(letters = 'a'): void {
    execFileSync('s6-svscanctl', [`-${letters}`, this.path])
  }

  /** Takes a service out and ends it. Its supervisor writes into the directory to its end, wherever that is by then. */
  async removeService(name: string): Promise<void> {
    const aside = join(this.path, `.${name}.removed`)
    renameSync(join(this.path, name), aside)
    this.rescan('an')
    await eventually(`nobody supervises ${name}`, () => !isSupervised(aside))
    rmSync(aside, {recursive: true})
  }

  /** What s6-svstat prints of some fields of a service. */
  svstat(service: string, fields: string): string {
    return execFileSync('s6-svstat', ['-o', fields, join(this.path, service)], {encoding: 'utf8'}).trim()
  }

  /** Names in the scan directory, hidden ones of s6's own left out. */
  entries(): string[] {
    return readdirSync(this.path)
      .filter(name => name !== '.s6-svscan')
      .sort()
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(join(this.path, '..'), {recursive: true, force: true})
  }
}
