import type {PluginRequest} from './plugin-request.js'
import type {TreeLock} from './tree-lock.js'

/** Who put a version into the registry, as the registry tells it. */
export interface Publisher {
  readonly account: string | null
  readonly publishedAt: string | null
  readonly maintainers: readonly string[]
  /** The registry has an attestation of where it was built. It is not verified here. */
  readonly provenance: boolean
}

/** One script that npm would run when it installs the package. */
export interface InstallScript {
  readonly phase: string
  readonly command: string
}

/** What a plugin says that it is, before any code of it runs. All text in it is its author's. */
export interface PluginFacts {
  readonly name: string
  readonly version: string
  readonly source: {readonly type: PluginRequest['type']; readonly address: string}
  /** null where it does not come from a registry. */
  readonly publisher: Publisher | null
  /** The reason why its author withdrew this version; null: not withdrawn. */
  readonly deprecated: string | null
  readonly scripts: readonly InstallScript[]
  readonly dependencies: {readonly count: number; readonly withScripts: readonly string[]}
  /** `hermesSvc.backend` as it stands; null: it brings none. */
  readonly backend: Readonly<Record<string, unknown>> | null
  /** Whether it says that it is a plugin at all. */
  readonly isPlugin: boolean
}

type Fields = Readonly<Record<string, unknown>>

const PHASES = ['preinstall', 'install', 'postinstall']

function fieldsOf(value: unknown): Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : {}
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** npm writes an account as text or as an object, depending on what the registry adds to it. */
function accountOf(value: unknown): string | null {
  const {name, email} = fieldsOf(value)
  const [who, where] = [textOf(name), textOf(email)]
  if (who === null) return textOf(value)
  return where === null ? who : `${who} <${where}>`
}

function scriptsOf({scripts, gypfile}: Fields): InstallScript[] {
  const texts = fieldsOf(scripts)
  const found = PHASES.flatMap(phase => {
    const command = textOf(texts[phase])
    return command === null ? [] : [{phase, command}]
  })
  const builds = gypfile === true && !found.some(({phase}) => phase === 'install' || phase === 'preinstall')
  return builds ? [...found, {phase: 'install', command: 'node-gyp rebuild'}] : found
}

/** An address without what only its owner should see. */
export function withoutCredentials(address: string): string {
  if (!URL.canParse(address)) return address
  const url = new URL(address)
  if (url.username === '' && url.password === '') return address
  url.username = ''
  url.password = ''
  return url.href
}

function addressOf(request: PluginRequest, {resolved, name}: TreeLock): string {
  if (request.type === 'file' || request.type === 'directory') return request.path
  if (request.type === 'address') return withoutCredentials(resolved ?? request.address)
  const [registry = ''] = (resolved ?? '').split(`/${name}/-/`)
  return withoutCredentials(registry)
}

function publisherOf(view: Fields, version: string): Publisher {
  const {maintainers} = view
  return {
    account: accountOf(view['_npmUser']),
    publishedAt: textOf(fieldsOf(view['time'])[version]),
    maintainers: (Array.isArray(maintainers) ? maintainers : [maintainers]).map(accountOf).filter(one => one !== null),
    provenance: fieldsOf(fieldsOf(view['dist'])['attestations'])['provenance'] !== undefined,
  }
}

/** Puts together what `npm view`, or a package.json, and the lock say. */
export function pluginFacts(request: PluginRequest, lock: TreeLock, view: unknown): PluginFacts {
  const fields = fieldsOf(view)
  const {name, version} = lock
  const backend = fieldsOf(fields['hermesSvc'])['backend']
  return {
    name,
    version,
    source: {type: request.type, address: addressOf(request, lock)},
    publisher: request.type === 'registry' ? publisherOf(fields, version) : null,
    deprecated: textOf(fields['deprecated']),
    scripts: scriptsOf(fields),
    dependencies: {count: lock.dependencies, withScripts: lock.scriptedDependencies},
    backend: backend === undefined ? null : fieldsOf(backend),
    isPlugin: fields['oclif'] !== null && typeof fields['oclif'] === 'object',
  }
}
