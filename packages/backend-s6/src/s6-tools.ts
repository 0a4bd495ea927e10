import {accessSync, closeSync, constants, rmSync, writeSync} from 'node:fs'
import {join} from 'node:path'
import {type BackendContext, Together, type Writer} from '@hermes-svc/core'
import {openControl, scandirControl, superviseControl} from './control-fifo.js'

/** Where s6's programs are, besides `binDir`: s6-overlay's place first, which `docker exec` does not have on its PATH. */
const BIN_DIRECTORIES = [
  '/command',
  '/package/admin/s6/command',
  '/usr/bin',
  '/bin',
  '/usr/local/bin',
  '/usr/sbin',
  '/sbin',
]

const MKFIFO_TIMEOUT_MS = 10_000

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Talks to s6: the only file of this package that writes to its FIFOs or runs a program. */
export class S6Tools {
  readonly #context: BackendContext
  readonly #writer: Writer
  readonly #binDir: string | null
  readonly #making = new Together<readonly string[]>(lists => this.#makeAll(lists))

  constructor(context: BackendContext, writer: Writer, binDir: string | null) {
    this.#context = context
    this.#writer = writer
    this.#binDir = binDir
  }

  /** Absolute path of one of s6's programs. Throws HSVC_TOOL_MISSING. */
  need(program: string): string {
    const places = this.#binDir === null ? BIN_DIRECTORIES : [this.#binDir]
    const found = places.map(place => join(place, program)).find(isExecutable)
    if (found !== undefined) return found
    throw this.#context.error('HSVC_TOOL_MISSING', `expected ${program} in ${places.join(', ')}, found none`, {
      hint: 'install s6, or set backends.s6.binDir',
    })
  }

  /**
   * Sends commands to the supervisor of a service directory: the letters of s6-svc(8). false where nobody reads. What
   * comes of it has to be observed.
   */
  command(directory: string, letters: string): boolean {
    return this.#send(superviseControl(directory), letters)
  }

  /** Sends commands to the s6-svscan of a scan directory: the letters of s6-svscanctl(8). false where nobody reads. */
  scan(scandir: string, letters: string): boolean {
    return this.#send(scandirControl(scandir), letters)
  }

  /** Makes FIFOs with the writer's rights, by one program for all that ask meanwhile; Node has no mkfifo(3). */
  async makeFifos(paths: readonly string[]): Promise<void> {
    await this.#making.ask(paths)
  }

  async #makeAll(lists: readonly (readonly string[])[]): Promise<void> {
    const paths = lists.flat()
    try {
      await this.#makeFifos(paths)
    } catch (error) {
      // mkfifo goes on after one that it cannot make. They are made again for each alone.
      if (lists.length > 1)
        this.#writer.run(() => {
          for (const path of paths) rmSync(path, {force: true})
        })
      throw error
    }
  }

  async #makeFifos(paths: readonly string[]): Promise<void> {
    const {uid, gid, borrowed} = this.#writer
    const make = ['mkfifo', '-m', '0660', '--', ...paths]
    const drop = () => [this.need('s6-applyuidgid'), '-u', String(uid), '-g', String(gid), '-G', '']
    const [file = '', ...args] = borrowed ? [...drop(), ...make] : make
    await this.#context.tools.run(file, args, {timeoutMs: MKFIFO_TIMEOUT_MS})
  }

  #send(path: string, letters: string): boolean {
    return this.#writer.run(() => {
      const descriptor = openControl(path)
      if (descriptor === null) return false
      try {
        writeSync(descriptor, letters)
        return true
      } finally {
        closeSync(descriptor)
      }
    })
  }
}
