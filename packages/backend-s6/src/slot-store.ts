import {
  existsSync,
  chmodSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {publishFile} from '@hermes-svc/core'
import {
  CONSTANT_FILES,
  type Definition,
  DEFINITION_FILES,
  DOWN,
  type DefinitionFile,
  FIFODIR_MODE,
} from './service-directory.js'
import {SlotList} from './slot-list.js'
import {CONTROL_FIFOS, CURRENT, DEFINITION_PREFIX, ENVIRONMENT, FACTS, LINKS, SLOT_PREFIX} from './slot-names.js'
import {linkTarget, putLink} from './slot-links.js'
import {readFacts, runningDefinition} from './slot-observation.js'

/** The account that a gateway runs as; it differs from the writer only where root writes for it. */
export interface SlotOwner {
  readonly uid: number
  readonly gid: number
}

/** What supervisors keep in a service directory; the rest is its definition. */
const RUNTIME = ['supervise', 'event']

/** Runs synchronous work whose modes are meant as they stand. */
function withoutUmask<T>(work: () => T): T {
  const umask = process.umask(0)
  try {
    return work()
  } finally {
    process.umask(umask)
  }
}

function writeNew(directory: string, {name, mode, contents}: DefinitionFile): void {
  writeFileSync(join(directory, name), contents, {flag: 'wx', mode})
}

function makeSkeleton(place: string): void {
  mkdirSync(join(place, 'supervise'), 0o755)
  mkdirSync(join(place, 'event'))
  // mkdir(2) leaves out the set-group-ID bit.
  chmodSync(join(place, 'event'), FIFODIR_MODE)
}

function writeDefinition(slot: string, definition: Definition, giveTo: SlotOwner | null): void {
  const directory = join(slot, definition.directory)
  if (linkTarget(join(slot, CURRENT)) === definition.directory) {
    // The same contents stand: what was changed by hand is put right file by file.
    for (const {name, mode, contents} of definition.files) publishFile(join(directory, name), contents, mode)
    putLink(join(directory, FACTS), definition.facts)
  } else {
    rmSync(directory, {recursive: true, force: true})
    mkdirSync(directory, 0o755)
    for (const file of definition.files) writeNew(directory, file)
    symlinkSync(definition.facts, join(directory, FACTS))
  }
  if (giveTo !== null) lchownSync(join(directory, ENVIRONMENT), giveTo.uid, giveTo.gid)
}

function isWhole(slot: string): boolean {
  const files = [...CONSTANT_FILES.map(({name}) => name), ...DEFINITION_FILES.map(name => `${CURRENT}/${name}`)]
  return (
    files.every(name => existsSync(`${slot}/${name}`)) &&
    linkTarget(`${slot}/${CURRENT}/${FACTS}`) !== null &&
    Object.entries(LINKS).every(([name, target]) => linkTarget(`${slot}/${name}`) === target)
  )
}

/** Removes the definitions that are neither in force nor the one to keep, with the environment values in them. */
function removeOldDefinitions(slot: string, kept: string | null): void {
  const names = [linkTarget(join(slot, CURRENT)), kept]
  const old = readdirSync(slot).filter(name => name.startsWith(DEFINITION_PREFIX) && !names.includes(name))
  for (const name of old) rmSync(join(slot, name), {recursive: true, force: true})
}

/** Lets an account that root writes for control its gateway, and change nothing that root executes. */
function handOver(slot: string, {uid, gid}: SlotOwner, rootUid: number): void {
  lchownSync(join(slot, 'data'), uid, gid)
  const shared = ['supervise', 'event', 'log/supervise', 'log/event', ...CONTROL_FIFOS]
  for (const name of shared) {
    lchownSync(join(slot, name), rootUid, gid)
    if (name.endsWith('event')) chmodSync(join(slot, name), FIFODIR_MODE)
  }
  lchownSync(slot, rootUid, gid)
  chmodSync(slot, 0o750)
}

/** A file of somebody else's slot. */
export interface ForeignFile {
  readonly name: string
  readonly mode: number
  readonly contents: Buffer
}

/** The regular files of a slot, with their permissions, without what supervisors keep there. */
export function definitionFiles(slot: string, within = ''): ForeignFile[] {
  return readdirSync(join(slot, within), {withFileTypes: true}).flatMap(entry => {
    const name = join(within, entry.name)
    if (entry.isDirectory()) return RUNTIME.includes(entry.name) ? [] : definitionFiles(slot, name)
    if (!entry.isFile()) return []
    const path = join(slot, name)
    return [{name, mode: lstatSync(path).mode & 0o777, contents: readFileSync(path)}]
  })
}

/** The slots on disk, and how they come and go. Nothing here talks to s6. */
export class SlotStore extends SlotList {
  /** Where a slot is made. s6-svscan passes over names that begin with a dot. */
  staged(profile: string): string {
    return join(this.scandir, `.${SLOT_PREFIX}${profile}.new`)
  }

  /** Where a slot is taken apart. */
  retired(profile: string): string {
    return join(this.scandir, `.${SLOT_PREFIX}${profile}.old`)
  }

  /** The uid that the gateway of a slot of ours runs as: whose environment file it is. */
  ownerOf(profile: string): number {
    const path = join(this.directory(profile), ENVIRONMENT)
    return this.writer.run(() => statSync(path, {throwIfNoEntry: false})?.uid) ?? this.writer.uid
  }

  /** Makes a whole slot under its staging name, but for the FIFOs: it is down until somebody wants it up. */
  stage(profile: string, definition: Definition, owner: SlotOwner): string {
    const slot = this.staged(profile)
    this.#change(() => {
      mkdirSync(slot, 0o700)
      for (const file of [...CONSTANT_FILES, DOWN]) writeNew(slot, file)
      mkdirSync(join(slot, 'log'), 0o755)
      mkdirSync(join(slot, 'data'), 0o700)
      for (const place of [slot, join(slot, 'log')]) makeSkeleton(place)
      writeDefinition(slot, definition, this.#receiver(owner))
      for (const [name, target] of Object.entries(LINKS)) symlinkSync(target, join(slot, name))
      symlinkSync(definition.directory, join(slot, CURRENT))
    })
    return slot
  }

  /** Gives a staged slot to its account as far as that may have it, and makes it visible. Throws EEXIST, ENOTEMPTY. */
  publish(profile: string, owner: SlotOwner): void {
    const slot = this.staged(profile)
    this.writer.run(() => {
      const receiver = this.#receiver(owner)
      if (receiver !== null) handOver(slot, receiver, this.writer.uid)
      renameSync(slot, this.directory(profile))
    })
  }

  /** Puts a definition in the place of the one in force; what runs goes on as it was started. */
  replace(profile: string, definition: Definition, owner: SlotOwner): void {
    const slot = this.directory(profile)
    this.#change(() => {
      writeDefinition(slot, definition, this.#receiver(owner))
      putLink(join(slot, CURRENT), definition.directory)
      removeOldDefinitions(slot, runningDefinition(slot))
      for (const {name, mode, contents} of CONSTANT_FILES) publishFile(join(slot, name), contents, mode)
      for (const [name, target] of Object.entries(LINKS)) putLink(join(slot, name), target)
    })
  }

  /** Whether something that a slot of ours has to have is not there, or leads elsewhere; false for any other, and where we may not look. */
  isDamaged(profile: string): boolean {
    const slot = this.directory(profile)
    try {
      return this.writer.run(() => readFacts(slot, profile) !== null && !isWhole(slot))
    } catch {
      return false
    }
  }

  /** Writes the note that the slot stays down when its supervisor starts. */
  keepDown(profile: string): void {
    this.writer.run(() => {
      publishFile(join(this.directory(profile), DOWN.name), DOWN.contents, DOWN.mode)
    })
  }

  /** Whether that note is there. */
  staysDown(profile: string): boolean {
    return this.isThere(join(this.directory(profile), DOWN.name))
  }

  /** Forgets the last run of a gateway that is down: why ./finish left it so, how often it failed in a row, its definition. */
  forgive(profile: string): void {
    const slot = this.directory(profile)
    this.writer.run(() => {
      for (const name of ['parked', 'backoff']) rmSync(join(slot, 'data', name), {force: true})
      removeOldDefinitions(slot, null)
    })
  }

  /** Tells ./finish that the death of this process was asked for and is to be followed by a start. */
  announceRestart(profile: string, pid: number): void {
    this.writer.run(() => {
      publishFile(join(this.directory(profile), 'data', 'restart'), `${String(pid)}\n`, 0o644)
    })
  }

  /** Hides a slot from s6-svscan. What was hidden before must be gone. */
  retire(profile: string): void {
    this.writer.run(() => {
      renameSync(this.directory(profile), this.retired(profile))
    })
  }

  /** Removes a directory of ours that nobody supervises. */
  remove(path: string): void {
    this.writer.run(() => {
      rmSync(path, {recursive: true, force: true})
    })
  }

  /** The files of somebody else's slot, without what supervisors keep there. */
  foreignFiles(profile: string): ForeignFile[] {
    return this.writer.run(() => definitionFiles(this.directory(profile)))
  }

  #change(work: () => void): void {
    this.writer.run(() => {
      withoutUmask(work)
    })
  }

  /** Whom a slot is handed to in parts; null where the writer is the one. */
  #receiver(owner: SlotOwner): SlotOwner | null {
    return owner.uid === this.writer.uid ? null : owner
  }
}
