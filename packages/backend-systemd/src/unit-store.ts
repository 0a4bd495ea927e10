import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {
  namesIn,
  type PlanEntry,
  publishFile,
  removeIfEmpty,
  removeStaged,
  soon,
  STAGING_PREFIX,
  type Writer,
} from '@hermes-svc/core'
import {STARTED_WITH, type UnitDefinition} from './unit-definitions.js'
import {type RunningNote, RUNNING_NOTE, WANTED_UP} from './unit-notes.js'
import {ENVIRONMENT_PREFIX, isRoots, lastExitPath, ownDirectory, privateDirectory} from './unit-paths.js'

/** The account that a gateway runs as; it differs from the writer only in the system scope. */
export interface UnitOwner {
  readonly uid: number
  readonly gid: number
}

function removeLinks(path: string): void {
  for (const target of STARTED_WITH) rmSync(join(dirname(path), target, basename(path)), {force: true})
}

/**
 * The files of one scope: units with the rights of whoever owns the scope, what belongs to the gateway's account with
 * those of the profile root's owner. All work is synchronous; nothing here talks to systemd.
 */
export class UnitStore {
  readonly #scope: 'user' | 'system'
  readonly #units: Writer
  readonly #home: Writer
  readonly #gateways: string

  constructor(scope: 'user' | 'system', units: Writer, home: Writer, gateways: string) {
    this.#scope = scope
    this.#units = units
    this.#home = home
    this.#gateways = gateways
  }

  /**
   * Makes what a plan lists. The unit comes last: it names the environment file, so that what systemd can read is always
   * one whole definition. `before` is the id of the definition in force; what fails leaves that one alone.
   */
  publish(
    profile: string,
    entries: readonly PlanEntry[],
    owner: UnitOwner | null,
    before: {readonly id: string; readonly running: RunningNote | null} | null,
  ): void {
    const current = entries.filter(({sensitive}) => sensitive).map(({path}) => basename(path))
    try {
      this.#makeDirectories(entries)
      if (before?.running) this.#note(profile, before.running, owner)
      for (const {kind, path, contents, mode, sensitive} of entries) {
        if (kind !== 'file' || contents === null) continue
        this.#writerOf(path).run(() => {
          removeStaged(path)
          publishFile(path, contents, mode, sensitive ? (owner ?? undefined) : undefined)
        })
      }
    } catch (error) {
      this.#removeEnvironments(profile, before === null ? [] : [`${ENVIRONMENT_PREFIX}${before.id}`])
      if (before === null) this.#removeDirectories(profile)
      throw error
    }
    this.#removeEnvironments(profile, current)
  }

  /** Notes that a gateway without autostart is wanted up, or that it is not. */
  async wantUp(profile: string, isWanted: boolean): Promise<void> {
    const path = join(ownDirectory(this.#gateways, profile), WANTED_UP)
    await soon(this.#home.run, () => {
      if (isWanted) publishFile(path, '')
      else rmSync(path, {force: true})
    })
  }

  /** Copies a unit and its drop-ins to where copies are kept. Returns the copy's directory. */
  backUp({profile, path}: UnitDefinition, stamp: string): string {
    const backup = join(this.backups(profile), stamp)
    const dropIns = `${path}.d`
    const files = this.#units.run(() =>
      [path, ...namesIn(dropIns).map(name => join(dropIns, name))]
        .filter(source => existsSync(source))
        .map(source => ({name: source.slice(dirname(path).length), contents: readFileSync(source)})),
    )
    this.#home.run(() => {
      for (const {name, contents} of files) {
        mkdirSync(dirname(join(backup, name)), {recursive: true, mode: 0o700})
        // Somebody else's unit may have secrets in it, readable or not.
        writeFileSync(join(backup, name), contents, {mode: 0o600})
      }
    })
    return backup
  }

  /** Where copies of units are kept that were replaced or taken over. */
  backups(profile: string): string {
    return join(ownDirectory(this.#gateways, profile), 'replaced')
  }

  /** Where somebody has laid something over a unit; that is theirs. */
  dropIns(path: string): string[] {
    return existsSync(`${path}.d`) ? [`${path}.d`] : []
  }

  /** Removes a unit file; with `dropIns` what was laid over it as well. */
  removeUnit(path: string, dropIns = false): void {
    this.#units.run(() => {
      removeStaged(path)
      rmSync(path, {force: true})
      removeLinks(path)
      if (dropIns) rmSync(`${path}.d`, {recursive: true, force: true})
    })
  }

  /** Removes what is left of a unit whose file is gone: links by which it would start, files that were being written. */
  removeTraces(path: string): void {
    this.#units.run(() => {
      removeStaged(path)
      removeLinks(path)
    })
  }

  /** Removes what belongs to a unit of ours besides its file. Returns what is gone, and what is kept. */
  removeRest(profile: string): {removed: string[]; kept: string[]} {
    const own = ownDirectory(this.#gateways, profile)
    this.#removeEnvironments(profile, [])
    this.#home.run(() => {
      rmSync(lastExitPath(this.#gateways, profile), {force: true})
      rmSync(join(own, WANTED_UP), {force: true})
    })
    const removed = this.#removeDirectories(profile)
    const kept = this.#home.run(() => existsSync(this.backups(profile))) ? [this.backups(profile)] : []
    return {removed, kept}
  }

  #makeDirectories(entries: readonly PlanEntry[]): void {
    for (const {kind, path, mode} of entries)
      if (kind === 'directory') this.#writerOf(path).run(() => mkdirSync(path, {recursive: true, mode}))
  }

  /** Removes the directories of a gateway that nothing is left in; returns which. */
  #removeDirectories(profile: string): string[] {
    const places = [privateDirectory(this.#scope, this.#gateways, profile), ownDirectory(this.#gateways, profile)]
    return [...new Set(places)].filter(path => this.#writerOf(path).run(() => removeIfEmpty(path)))
  }

  #note(profile: string, note: RunningNote, owner: UnitOwner | null): void {
    const path = join(privateDirectory(this.#scope, this.#gateways, profile), RUNNING_NOTE)
    this.#writerOf(path).run(() => {
      publishFile(path, `${JSON.stringify(note)}\n`, 0o600, owner ?? undefined)
    })
  }

  /** Removes environment files but the named ones; with none left, the note about the running process too. */
  #removeEnvironments(profile: string, kept: readonly string[]): void {
    const directory = privateDirectory(this.#scope, this.#gateways, profile)
    this.#writerOf(directory).run(() => {
      for (const name of namesIn(directory)) {
        const isOurs = name.startsWith(ENVIRONMENT_PREFIX) || name.startsWith(`${STAGING_PREFIX}${ENVIRONMENT_PREFIX}`)
        const isNote =
          kept.length === 0 && (name === RUNNING_NOTE || name.startsWith(`${STAGING_PREFIX}${RUNNING_NOTE}`))
        if ((isOurs && !kept.includes(name)) || isNote) rmSync(join(directory, name), {force: true})
      }
    })
  }

  /** Whose rights a path is written with: what lies in the profile root is its owner's, also where root works. */
  #writerOf(path: string): Writer {
    return this.#scope === 'user' || isRoots(path) ? this.#units : this.#home
  }
}
