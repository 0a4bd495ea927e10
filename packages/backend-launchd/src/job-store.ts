import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  lchownSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {
  namesIn,
  type PlanEntry,
  publishFile,
  removeIfEmpty,
  removeStaged,
  STAGING_PREFIX,
  type Writer,
} from '@hermes-svc/core'
import type {JobDefinition} from './job-definitions.js'
import {ASKED, type AskedNote, STARTED} from './job-notes.js'
import {ENVIRONMENT_PREFIX, launcherPath, ownDirectory, stateDirectory} from './job-paths.js'

/** The account that a daemon runs as, where that is not the one whose files these are. */
export interface JobOwner {
  readonly uid: number
  readonly gid: number
}

/**
 * The files of one scope: what launchd reads and what belongs to the job with the rights of whoever owns the scope,
 * copies with those of the profile root's owner. All work is synchronous; nothing here talks to launchd.
 */
export class JobStore {
  readonly #jobs: Writer
  readonly #home: Writer
  readonly #gateways: string

  constructor(jobs: Writer, home: Writer, gateways: string) {
    this.#jobs = jobs
    this.#home = home
    this.#gateways = gateways
  }

  /**
   * Makes what a plan lists, in its order: the definition comes last and names the environment file, so that what launchd
   * can read is always one whole. `owner` gets what the gateway has to read and write; `isNew` says that there was none
   * before, so that what fails leaves nothing.
   */
  publish(
    profile: string,
    directory: string,
    entries: readonly PlanEntry[],
    owner: JobOwner | null,
    isNew: boolean,
  ): void {
    try {
      for (const {kind, path, mode, contents, sensitive} of entries) {
        const [writer, isOwners] = [this.#writerOf(path), sensitive || path === stateDirectory(directory)]
        writer.run(() => {
          if (kind === 'directory') makeDirectory(path, mode, isOwners ? owner : null)
          if (kind !== 'file' || contents === null) return
          removeStaged(path)
          publishFile(path, contents, mode, isOwners ? (owner ?? undefined) : undefined)
        })
      }
    } catch (error) {
      if (isNew) this.removeRest(profile, directory)
      throw error
    }
  }

  /** Makes the log of a daemon, which its account may write and not make; one that is there stays as it is. */
  makeLog(path: string, {uid, gid}: JobOwner): void {
    const {O_WRONLY, O_CREAT, O_EXCL} = constants
    this.#jobs.run(() => {
      if (existsSync(path)) return
      const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
      fchownSync(descriptor, uid, gid)
      closeSync(descriptor)
    })
  }

  /** Removes environment files but those of the named definitions. */
  prune(directory: string, ids: readonly string[]): void {
    const kept = ids.map(id => `${ENVIRONMENT_PREFIX}${id}`)
    this.#jobs.run(() => {
      for (const name of namesIn(directory)) {
        const isOurs = name.startsWith(ENVIRONMENT_PREFIX) || name.startsWith(`${STAGING_PREFIX}${ENVIRONMENT_PREFIX}`)
        if (isOurs && !kept.includes(name)) rmSync(join(directory, name), {force: true})
      }
    })
  }

  /** Notes that the next start is asked for. */
  noteAsked(directory: string, {serial, deaths}: AskedNote): void {
    this.#jobs.run(() => {
      publishFile(join(stateDirectory(directory), ASKED), `${String(serial)} ${String(deaths)}\n`, 0o644)
    })
  }

  /** Copies a definition to where copies are kept. Returns the copy's path. */
  backUp({profile, path}: JobDefinition, stamp: string): string {
    const backup = join(this.backups(profile), stamp, basename(path))
    const contents = this.#jobs.run(() => readFileSync(path))
    this.#home.run(() => {
      mkdirSync(dirname(backup), {recursive: true, mode: 0o700})
      // Somebody else's definition may have secrets in it, readable or not.
      writeFileSync(backup, contents, {mode: 0o600})
    })
    return backup
  }

  /** Where copies of definitions are kept that were replaced or taken over. */
  backups(profile: string): string {
    return join(ownDirectory(this.#gateways, profile), 'replaced')
  }

  removeDefinition(path: string): void {
    this.#jobs.run(() => {
      removeStaged(path)
      rmSync(path, {force: true})
    })
  }

  /** Removes what killed runs left of definitions at these paths. */
  removeStagedDefinitions(paths: readonly string[]): void {
    this.#jobs.run(() => {
      for (const path of paths) removeStaged(path)
    })
  }

  /** Removes what belongs to a job of ours besides its definition. Returns what is gone, and what is kept. */
  removeRest(profile: string, directory: string): {removed: string[]; kept: string[]} {
    this.prune(directory, [])
    const state = stateDirectory(directory)
    const files = [launcherPath(directory, profile), join(state, STARTED), join(state, ASKED)]
    this.#jobs.run(() => {
      for (const path of files) {
        removeStaged(path)
        rmSync(path, {force: true})
      }
      removeIfEmpty(state)
    })
    const removed = this.#jobs.run(() => removeIfEmpty(directory)) ? [directory] : []
    const own = ownDirectory(this.#gateways, profile)
    const hasCopies = this.#home.run(() => namesIn(this.backups(profile)).length > 0)
    if (own !== directory && this.#home.run(() => removeIfEmpty(own))) removed.push(own)
    return {removed, kept: hasCopies ? [this.backups(profile)] : []}
  }

  /** What lies in the profile root is written with the rights of its owner, also where root works. */
  #writerOf(path: string): Writer {
    return path.startsWith(`${this.#gateways}/`) ? this.#home : this.#jobs
  }
}

function makeDirectory(path: string, mode: number, owner: JobOwner | null): void {
  mkdirSync(path, {recursive: true, mode})
  if (owner !== null) lchownSync(path, owner.uid, owner.gid)
}
