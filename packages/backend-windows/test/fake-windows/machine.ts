import {readdirSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {type Faults, happens, readFaults} from './faults.js'
import {appendJson, readJson, writeJson} from './json-files.js'
import {withLock} from './machine-lock.js'
import type {Settings} from './settings.js'
import {type StateFiles, stateFilesOf} from './state-files.js'
import type {StoredTask} from './task.js'

const LONGEST_NAME = 90

/** What the machine is told once: its settings, and the environment of a login. null: that of whoever calls schtasks. */
export interface MachineFile extends Settings {
  readonly environment: Readonly<Record<string, string>> | null
}

/** The Task Scheduler of a fake Windows: files on disk, which every call reads anew. */
export class Machine {
  readonly directory: string
  readonly files: StateFiles
  /** Whether this process is the service, which lives as long as the session. */
  readonly staysHere: boolean

  constructor(directory: string, {staysHere = false} = {}) {
    this.directory = directory
    this.staysHere = staysHere
    this.files = stateFilesOf(directory)
  }

  get settings(): MachineFile {
    const settings = readJson<MachineFile | null>(this.files.settings, null)
    if (settings === null) throw new Error(`expected a fake Windows in ${this.directory}, got none`)
    return settings
  }

  get faults(): Faults {
    return readFaults(this.files.faults)
  }

  /** What a process of the user's session has around it. */
  get environment(): Readonly<Record<string, string | undefined>> {
    return this.settings.environment ?? process.env
  }

  get isLoggedOn(): boolean {
    return readJson(this.files.session, {isLoggedOn: true}).isLoggedOn
  }

  set isLoggedOn(isLoggedOn: boolean) {
    writeJson(this.files.session, {isLoggedOn})
  }

  /** Does something while no other call changes anything. */
  exclusively<T>(work: () => T | Promise<T>): Promise<T> {
    // The end of a path is what differs, and names have 107 bytes at most.
    return withLock(encodeURIComponent(this.directory).replaceAll('%', '').slice(-LONGEST_NAME), work)
  }

  happens(fault: 'droppedRuns' | 'spuriousErrors'): boolean {
    return happens(this.files, fault)
  }

  /** Names mean the same in any case. */
  find(name: string): StoredTask | null {
    return readJson<StoredTask | null>(this.#pathOf(name), null)
  }

  /** Sorted by name. */
  tasks(): StoredTask[] {
    const names = readdirSync(this.files.tasks).filter(name => name.endsWith('.json'))
    return names.sort().flatMap(name => readJson<StoredTask | null>(join(this.files.tasks, name), null) ?? [])
  }

  save(task: StoredTask): void {
    writeJson(this.#pathOf(task.name), task)
  }

  forget(name: string): void {
    rmSync(this.#pathOf(name), {force: true})
  }

  /** Notes a window that the user would have seen. */
  flash(what: string): void {
    appendJson(this.files.flashes, what)
  }

  #pathOf(name: string): string {
    return join(this.files.tasks, `${encodeURIComponent(name.toLowerCase())}.json`)
  }
}
