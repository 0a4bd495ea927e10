import {isAbsolute, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {serviceError, type ServiceError} from '@hermes-svc/core'

/** What somebody wants installed, before anything was read or fetched. */
export type PluginRequest =
  | {readonly type: 'registry'; readonly name: string; readonly wanted: string}
  | {readonly type: 'file' | 'directory'; readonly path: string}
  /** A repository or a tarball of some server: what it holds cannot be told before it is fetched. */
  | {readonly type: 'address'; readonly address: string}

/** Where a word of the command line may lead on this disk. */
export interface Places {
  readonly cwd: string
  /** What is at an absolute path; null: nothing. */
  readonly kindOf: (path: string) => 'file' | 'directory' | null
}

const NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/
const LONGEST_NAME = 214
const REGISTRY = /^((?:@[^@/]+\/)?[^@/]+)(?:@(.*))?$/
// One letter before the colon is a drive of Windows.
const ADDRESS = /^(?:[a-z][a-z+]+:|git@)/i
const ARCHIVE = /\.(?:tgz|tar|tar\.gz)$/i

/** Whether npm takes a name for a new package. */
export function isPackageName(name: string): boolean {
  return name.length <= LONGEST_NAME && NAME.test(name)
}

function unexpected(input: string, hint: string): ServiceError {
  const message = `expected a package, a tarball or directory that is there, or a URL, got ${JSON.stringify(input)}`
  return serviceError('HSVC_INVALID_SPEC', message, {hint})
}

function onDisk(input: string, path: string, {kindOf}: Places): PluginRequest {
  const type = kindOf(path)
  if (type === null) throw unexpected(input, `there is nothing at ${path}`)
  return {type, path}
}

function address(input: string): PluginRequest {
  const url = URL.canParse(input) ? new URL(input) : null
  if (url !== null && url.password !== '') {
    const hint = 'leave it to git or .netrc: the address is kept, in a file that others may read'
    throw serviceError('HSVC_INVALID_SPEC', 'expected a URL without a password, got one with it', {hint})
  }
  const isGit = /^https?:.*\.git(?:#.*)?$/.test(input)
  return {type: 'address', address: isGit ? `git+${input}` : input}
}

function registry(input: string): PluginRequest {
  const [, name = '', wanted = 'latest'] = REGISTRY.exec(input) ?? []
  if (!isPackageName(name)) {
    const hint = input.includes('/')
      ? `there is no such file or directory; for a repository of GitHub write https://github.com/${input}`
      : 'names of packages are in lower case'
    throw unexpected(input, hint)
  }
  if (name === 'hermes-svc') throw unexpected(input, 'hermes-svc itself is updated as it was installed')
  return {type: 'registry', name, wanted: wanted === '' ? 'latest' : wanted}
}

/**
 * Understands NAME, NAME@VERSION, paths, `file:` and URLs. A word without a slash is a package: a file that somebody put into the
 * current directory never takes the place of one. Throws HSVC_INVALID_SPEC.
 */
export function parsePluginRequest(input: string, places: Places): PluginRequest {
  if (input.startsWith('file:')) {
    const path = input.startsWith('file://') ? fileURLToPath(input) : resolve(places.cwd, input.slice('file:'.length))
    return onDisk(input, path, places)
  }
  if (input.startsWith('npm:')) throw unexpected(input, 'name the package itself')
  if (ADDRESS.test(input)) return address(input)
  const path = resolve(places.cwd, input)
  const meansPath = isAbsolute(input) || /^\.\.?(?:[/\\]|$)/.test(input) || ARCHIVE.test(input)
  if (meansPath) return onDisk(input, path, places)
  const mayBePath = /[/\\]/.test(input) && !input.startsWith('@')
  return mayBePath && places.kindOf(path) !== null ? onDisk(input, path, places) : registry(input)
}

/** What npm is asked to install. */
export function npmSpec(request: PluginRequest): string {
  if (request.type === 'registry') return `${request.name}@${request.wanted}`
  return request.type === 'address' ? request.address : `file:${request.path}`
}
