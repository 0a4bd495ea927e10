import {randomBytes} from 'node:crypto'
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {dirname, join, relative, resolve, sep} from 'node:path'
import {publishFile, serviceError, systemClock, withLock} from '@hermes-svc/core'
import {writableByOthers} from '../configuration/file-trust.js'
import {type PluginEntry, pluginEntries} from '../discovery/plugin-entries.js'

interface Contents {
  readonly oclif?: {readonly plugins?: unknown}
}

const LOCK_TIMEOUT_MS = 10_000
const TREES = 'plugins'

/** Removes a tree, also one into which the npm of a killed change is still writing. */
export function removeTree(tree: string): void {
  rmSync(tree, {recursive: true, force: true, maxRetries: 5, retryDelay: 100})
}

/** By sudo or su root may have come with the HOME of another account, whose plugins it does not load. */
function assertOfRoot(path: string): void {
  const culprit = writableByOthers(nearestExisting(path))
  if (culprit === null) return
  const message = `${path}: expected a directory that only root can write, got one below ${culprit}`
  throw serviceError('HSVC_PERMISSION_DENIED', message, {
    hint: 'do it as the account whose plugins these are; or set HOME or HERMES_SVC_DATA_DIR to a directory of root’s',
  })
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path))
}

/**
 * Where the plugins of an account are: one package.json that names them, and a tree of its own for each. A tree is made
 * whole before the file names it, and never changed after that; so a change is the renaming of one file, and whatever
 * ends it before leaves the plugins as they were.
 */
export class PluginDirectory {
  readonly path: string

  constructor(path: string) {
    this.path = resolve(path)
  }

  /** Runs a change while no other one runs. Rejects HSVC_BUSY, and HSVC_PERMISSION_DENIED where root would not load what it installs. */
  async change<T>(verb: string, signal: AbortSignal, action: () => Promise<T>): Promise<T> {
    const options = {timeoutMs: LOCK_TIMEOUT_MS, signal, clock: systemClock, verb}
    if (process.geteuid?.() === 0) assertOfRoot(this.path)
    mkdirSync(this.path, {recursive: true})
    return await withLock(join(this.path, 'locks'), 'plugins', options, action)
  }

  entries(): readonly PluginEntry[] {
    return pluginEntries(this.#read().oclif?.plugins)
  }

  /** Makes a place for a tree that nothing names yet. Only within a change. */
  addTree(label: string): string {
    const safe = label.replaceAll(/[^\w.@-]+/g, '+')
    const tree = join(this.path, TREES, `${safe}-${randomBytes(4).toString('hex')}`)
    mkdirSync(tree, {recursive: true})
    return tree
  }

  /** The tree that holds an entry; null for one that is linked, or of another making. */
  treeOf({type, root}: PluginEntry): string | null {
    if (type !== 'user' || root === undefined) return null
    const [tree = '', ...rest] = relative(join(this.path, TREES), root).split(sep)
    return tree === '' || tree === '..' || rest.length === 0 ? null : join(this.path, TREES, tree)
  }

  /** From now on this entry stands for its name. */
  publish(entry: PluginEntry): void {
    this.#write([...this.entries().filter(({name}) => name !== entry.name), entry])
  }

  /** From now on there is none of that name. */
  remove(name: string): void {
    const gone = this.entries().filter(entry => entry.name === name)
    this.#write(this.entries().filter(entry => entry.name !== name))
    for (const tree of gone.map(entry => this.treeOf(entry))) {
      if (tree !== null) removeTree(tree)
    }
  }

  /**
   * Removes trees that nothing names: what a killed change left, and what was replaced. The latter waits for the next
   * change, because a program that is running may still load code from it.
   */
  sweep(): void {
    const named = this.entries().map(entry => this.treeOf(entry))
    for (const name of this.#trees()) {
      const tree = join(this.path, TREES, name)
      if (!named.includes(tree)) removeTree(tree)
    }
  }

  #trees(): string[] {
    try {
      return readdirSync(join(this.path, TREES))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  get #file(): string {
    return join(this.path, 'package.json')
  }

  #read(): Contents {
    let text: string
    try {
      text = readFileSync(this.#file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
      throw error
    }
    try {
      return JSON.parse(text) as Contents
    } catch (cause) {
      const hint = 'restore it, or remove it and install the plugins again'
      throw serviceError('HSVC_UNEXPECTED_OUTPUT', `${this.#file}: expected JSON, got other text`, {hint, cause})
    }
  }

  #write(plugins: readonly PluginEntry[]): void {
    const contents = {private: true, ...this.#read(), oclif: {schema: 1, plugins}}
    // An image carries plugins for all its accounts; names and versions are no secret.
    publishFile(this.#file, `${JSON.stringify(contents, null, 2)}\n`, 0o644)
  }
}
