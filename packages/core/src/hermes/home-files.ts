import {closeSync, constants, lstatSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync} from 'node:fs'
import {dirname, join, sep} from 'node:path'
import type {Caller} from '../backend.js'
import {accountOf, asAccount} from '../fs/account.js'
import {publishFile} from '../fs/publish-file.js'
import {readRegularFile} from '../fs/read-regular-file.js'
import {soon} from '../fs/shared-rights.js'
import type {Writer} from '../fs/writer.js'
import {DEFAULT_PROFILE} from '../hermes-home.js'
import {assertProfileName} from '../profile-name.js'

const BYTE_ORDER_MARK = '\uFEFF'
// Windows has no such flag, and no such links without rights.
const NO_FOLLOW = (constants as {O_NOFOLLOW?: number}).O_NOFOLLOW ?? 0
/** Mode of a file that Hermes has not made yet: nobody but the gateway's account needs it. */
const NEW_FILE_MODE = 0o600

function isAbsence(error: unknown): boolean {
  const {code} = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/**
 * Hermes' own files in the homes of its profiles. Root reads and writes them with the rights of whoever owns the root, or,
 * in a root of its own, the home: no planted link leads it elsewhere. All work is synchronous for that.
 */
export class HomeFiles {
  readonly #root: string
  readonly #caller: Caller
  readonly #writer: Writer
  /** Where the homes of all profiles but one are; ends with a separator. */
  readonly #profiles: string

  /** `writer` is the root's. */
  constructor(root: string, caller: Caller, writer: Writer) {
    this.#root = root
    this.#caller = caller
    this.#writer = writer
    this.#profiles = join(root, 'profiles', sep)
  }

  /** Whether there is a home to read from and write to. A gateway with its own command may have none. */
  exists(profile: string): boolean {
    return this.#run(profile, home => statSync(home, {throwIfNoEntry: false})?.isDirectory() === true)
  }

  /** Does work with these files together with other work for which the rights of the root's owner are taken. */
  async soon<T>(work: () => T): Promise<T> {
    return await soon(this.#writer.run, work)
  }

  /** The path of a file in a profile's home. */
  path(profile: string, name: string): string {
    return join(this.#homeOf(profile), name)
  }

  /** Text without a byte-order mark; null where the file is not there. Throws other system errors. */
  read(profile: string, name: string): string | null {
    return this.#run(profile, home => {
      const path = home.endsWith(sep) ? `${home}${name}` : `${home}${sep}${name}`
      // An error costs as much as ten looks, and a listing asks for many that are not there.
      if (statSync(path, {throwIfNoEntry: false}) === undefined) return null
      try {
        const text = readRegularFile(path)
        return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
      } catch (error) {
        if (isAbsence(error)) return null
        throw error
      }
    })
  }

  /** When the file was written last, in milliseconds since the epoch; null where it is not there. */
  writtenAtMs(profile: string, name: string): number | null {
    return this.#run(profile, home => lstatSync(join(home, name), {throwIfNoEntry: false})?.mtimeMs ?? null)
  }

  /** Replaces a file whole, and leaves it the mode and owner that it had. Throws the system error. */
  write(profile: string, name: string, contents: string): void {
    this.#run(profile, home => {
      const path = join(home, name)
      const earlier = lstatSync(path, {throwIfNoEntry: false})
      const {uid, gid} = earlier?.isFile() === true ? earlier : statSync(home)
      const mode = earlier?.isFile() === true ? earlier.mode & 0o777 : NEW_FILE_MODE
      publishFile(path, contents, mode, process.geteuid?.() === 0 ? {uid, gid} : undefined)
    })
  }

  /**
   * Appends to a log, which is put aside as `.1` first when it has reached a size in bytes. Throws the system error, also
   * where a link stands in its place.
   */
  append(profile: string, name: string, text: string, rotateAtBytes: number): void {
    this.#run(profile, home => {
      const path = join(home, name)
      mkdirSync(dirname(path), {recursive: true})
      const {size = 0} = lstatSync(path, {throwIfNoEntry: false}) ?? {}
      if (size >= rotateAtBytes) renameSync(path, `${path}.1`)
      const {O_WRONLY, O_APPEND, O_CREAT} = constants
      const descriptor = openSync(path, O_WRONLY | O_APPEND | O_CREAT | NO_FOLLOW, 0o644)
      try {
        writeSync(descriptor, text)
      } finally {
        closeSync(descriptor)
      }
    })
  }

  /** Asks `isLocked` about a file; false where it is not there. Throws the system error. */
  isLocked(profile: string, name: string, isLocked: (descriptor: number) => boolean | null): boolean | null {
    const descriptor = this.#run(profile, home => {
      try {
        return openSync(join(home, name), constants.O_RDONLY | NO_FOLLOW)
      } catch (error) {
        if (isAbsence(error)) return null
        throw error
      }
    })
    if (descriptor === null) return false
    try {
      return isLocked(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }

  /** Removes a file; gone already is fine. Throws the system error. */
  remove(profile: string, name: string): void {
    this.#run(profile, home => {
      rmSync(join(home, name), {force: true})
    })
  }

  /** The same as `profileHome`, whose `join` makes garbage of each of a thousand profiles. */
  #homeOf(profile: string): string {
    assertProfileName(profile)
    return profile === DEFAULT_PROFILE ? this.#root : `${this.#profiles}${profile}`
  }

  #run<T>(profile: string, work: (home: string) => T): T {
    const home = this.#homeOf(profile)
    if (this.#writer.borrowed || this.#caller.uid !== 0) return this.#writer.run(() => work(home))
    // Not what a link leads to: whoever owns the link decides that.
    const {uid, gid} = lstatSync(home, {throwIfNoEntry: false}) ?? {uid: 0, gid: 0}
    return uid === 0 ? work(home) : asAccount(uid, accountOf(uid)?.gid ?? gid, () => work(home))
  }
}
