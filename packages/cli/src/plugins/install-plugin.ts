import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {isDeepStrictEqual} from 'node:util'
import {type Host, serviceError} from '@hermes-svc/core'
import {readPackageJson} from '../discovery/installed-packages.js'
import type {PluginEntry} from '../discovery/plugin-entries.js'
import {assertAllowed, nameOfRequest} from './assert-allowed.js'
import {assertUsable, type Surroundings} from './assert-usable.js'
import type {Npm} from './npm.js'
import {type PluginDirectory, removeTree} from './plugin-directory.js'
import {type InstallScript, type PluginFacts, pluginFacts} from './plugin-facts.js'
import {npmSpec, type PluginRequest} from './plugin-request.js'
import {parseTreeLock, type TreeLock} from './tree-lock.js'

/** What installing needs from outside. */
export interface Installation extends Surroundings {
  readonly directory: PluginDirectory
  readonly npm: Pick<Npm, 'resolve' | 'view' | 'fetch' | 'runScripts'>
  readonly host: Pick<Host, 'configuration' | 'origins'>
  readonly allowScripts: boolean
  /** Rejects when the user does not want to fetch from an address of which nothing else is known. */
  readonly approveAddress: (address: string) => Promise<void>
  /** Rejects when the user does not want it; `current` says what is there now. */
  readonly approve: (facts: PluginFacts, current: string | null) => Promise<void>
  /** Does a step that takes time. */
  readonly during: <T>(text: string, action: () => Promise<T>) => Promise<T>
}

/** What became of a request. */
export interface InstalledPlugin {
  readonly facts: PluginFacts
  /** The version that was there; null: none. */
  readonly previous: string | null
  /** false: that very package was there already. */
  readonly changed: boolean
  readonly scriptsRun: boolean
}

/** What stands for a name now. */
interface Standing {
  readonly root: string
  readonly version: string
  readonly linked: boolean
  /** Digest of what was installed; null where there is none. */
  readonly integrity: string | null
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8')) as unknown
}

function integrityOf(tree: string | null): string | null {
  try {
    return tree === null ? null : parseTreeLock(readFileSync(join(tree, 'package-lock.json'), 'utf8')).integrity
  } catch {
    return null
  }
}

/** Null also where what should be there is damaged: then it is as if there were none. */
function standingOf(directory: PluginDirectory, name: string): Standing | null {
  const entry = directory.entries().find(one => one.name === name)
  const version = entry?.root === undefined ? undefined : readPackageJson(entry.root)?.version
  if (entry?.root === undefined || version === undefined) return null
  return {root: entry.root, version, linked: entry.type === 'link', integrity: integrityOf(directory.treeOf(entry))}
}

function entryFor(request: PluginRequest, name: string, root: string): PluginEntry {
  const from = request.type === 'registry' ? {tag: request.wanted} : {url: npmSpec(request)}
  return {name, type: 'user', root, ...from}
}

/** What was approved is what arrived: metadata of a registry may be another one's than that of the package. */
function assertAsAnnounced(root: string, announced: PluginFacts, arrived: PluginFacts): void {
  const {name, version, backend, isPlugin, scripts} = announced
  const of = `${name}@${version}`
  const isKnown = (script: InstallScript): boolean => scripts.some(known => isDeepStrictEqual(known, script))
  const same = isPlugin === arrived.isPlugin && isDeepStrictEqual(backend, arrived.backend)
  if (!same || !arrived.scripts.every(isKnown)) {
    const hint = 'it was thrown away, and none of it was run; ask whoever runs the registry'
    throw serviceError(
      'HSVC_UNEXPECTED_OUTPUT',
      `${of}: expected the package.json that was announced, got another one`,
      {hint},
    )
  }
  const module = backend?.['module']
  if (typeof module !== 'string' || existsSync(join(root, module))) return
  const hint = 'its author has to build it before it is packed'
  throw serviceError('HSVC_INVALID_SPEC', `${of}: expected its module ${module} in the package, got none`, {hint})
}

/** One request on its way into a tree of its own. */
class Attempt {
  readonly #request: PluginRequest
  readonly #with: Installation
  readonly #spec: string

  constructor(request: PluginRequest, installation: Installation) {
    this.#request = request
    this.#with = installation
    this.#spec = npmSpec(request)
  }

  async run(tree: string): Promise<InstalledPlugin> {
    const {directory, npm, approve, allowScripts, during} = this.#with
    const [lock, announced] = await this.#look(tree)
    const root = join(tree, 'node_modules', lock.name)
    const standing = standingOf(directory, lock.name)
    const previous = standing?.version ?? null
    if (standing && !allowScripts && lock.integrity !== null && lock.integrity === standing.integrity) {
      directory.publish(entryFor(this.#request, lock.name, standing.root))
      return {facts: announced, previous, changed: false, scriptsRun: false}
    }
    await approve(announced, this.#current(standing, lock.name))
    if (this.#request.type !== 'address') await during(`fetching ${lock.name}`, () => npm.fetch(tree, this.#spec))
    assertAsAnnounced(root, announced, pluginFacts(this.#request, lock, readJson(join(root, 'package.json'))))
    if (allowScripts) await during(`running install scripts of ${lock.name}`, () => npm.runScripts(tree, this.#spec))
    directory.publish(entryFor(this.#request, lock.name, root))
    return {facts: announced, previous, changed: true, scriptsRun: allowScripts}
  }

  #current(standing: Standing | null, name: string): string | null {
    if (standing !== null) return `${standing.version}${standing.linked ? ', linked' : ''}`
    const bundled = this.#with.packages().find(one => one.name === name)
    return bundled === undefined ? null : `${bundled.version}, bundled`
  }

  /** What it is, from metadata; only what an address holds is fetched for that, when that was approved. */
  async #look(tree: string): Promise<[TreeLock, PluginFacts]> {
    const {npm, host, approveAddress, during} = this.#with
    const request = this.#request
    const name = nameOfRequest(request)
    if (name !== null || request.type === 'address') assertAllowed(name, this.#spec, host)
    if (request.type === 'address') await approveAddress(request.address)
    const lock = await during(`looking up ${this.#spec}`, () => npm.resolve(tree, this.#spec))
    assertAllowed(lock.name, lock.name, host)
    const view = await during(`looking up ${lock.name}`, async () => {
      if (request.type === 'registry') return await npm.view(tree, `${lock.name}@${lock.version}`)
      if (request.type !== 'address') return await npm.view(tree, this.#spec)
      await npm.fetch(tree, this.#spec)
      return readJson(join(tree, 'node_modules', lock.name, 'package.json'))
    })
    const facts = pluginFacts(request, lock, view)
    assertUsable(facts, this.#with)
    return [lock, facts]
  }
}

/**
 * Installs or upgrades one plugin: looks at its metadata, checks and shows that, has it approved, fetches it without running any
 * of it, checks what arrived, and only then lets it stand for its name. Whatever fails leaves what was there. Only within a change.
 */
export async function installPlugin(request: PluginRequest, installation: Installation): Promise<InstalledPlugin> {
  const {directory} = installation
  const tree = directory.addTree(nameOfRequest(request) ?? request.type)
  try {
    return await new Attempt(request, installation).run(tree)
  } finally {
    if (!directory.entries().some(entry => directory.treeOf(entry) === tree)) removeTree(tree)
  }
}
