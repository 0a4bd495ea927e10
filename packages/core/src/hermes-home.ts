import {readdirSync, statSync} from 'node:fs'
import {join, posix, relative, sep, win32} from 'node:path'
import {serviceError} from './errors/service-error.js'
import {assertProfileName, invalidProfileReason} from './profile-name.js'

/** The profile that is the root directory itself and is run without `-p`. */
export const DEFAULT_PROFILE = 'default'

// Hermes seeds this file when it creates a profile, unlike config.yaml.
const PROFILE_MARKER = 'SOUL.md'

// The root is there for other reasons too: what is ours lies in it. These are Hermes'.
const ROOT_MARKERS = [PROFILE_MARKER, 'config.yaml', '.env', 'gateway_state.json']

function nativeRoot(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string,
): string {
  if (platform !== 'win32') return posix.join(home, '.hermes')
  const local = env['LOCALAPPDATA']
  return win32.join(local === undefined || local === '' ? win32.join(home, 'AppData', 'Local') : local, 'hermes')
}

/**
 * The directory that holds `profiles/`, derived from HERMES_HOME as Hermes does: unset or inside the platform's own
 * default gives that default, `X/profiles/NAME` gives X, anything else is the root itself. Throws HSVC_CONFIG_INVALID
 * for a relative HERMES_HOME, which would mean another root in every directory.
 */
export function hermesRoot(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string,
): string {
  const path = platform === 'win32' ? win32 : posix
  const native = nativeRoot(env, platform, home)
  const given = env['HERMES_HOME']
  if (given === undefined || given === '') return native
  if (!path.isAbsolute(given)) {
    throw serviceError('HSVC_CONFIG_INVALID', `HERMES_HOME: expected an absolute path, got ${JSON.stringify(given)}`)
  }
  // resolve() leaves an absolute path absolute and drops the separator at its end.
  const chosen = path.resolve(given)
  const fromNative = path.relative(native, chosen)
  if (fromNative === '' || !(fromNative.split(path.sep)[0] === '..' || path.isAbsolute(fromNative))) return native
  return path.basename(path.dirname(chosen)) === 'profiles' ? path.dirname(path.dirname(chosen)) : chosen
}

/** The home of one profile: the root itself for `default`. Throws HSVC_INVALID_PROFILE. */
export function profileHome(root: string, profile: string): string {
  assertProfileName(profile)
  return profile === DEFAULT_PROFILE ? root : join(root, 'profiles', profile)
}

/** The name of the profile whose home that is in a profile root; null for another directory. It need not be a valid name. */
export function profileOfHome(home: string, root: string): string | null {
  const way = relative(root, home)
  if (way === '') return DEFAULT_PROFILE
  const [parent, name, ...more] = way.split(sep)
  return parent === 'profiles' && name !== undefined && more.length === 0 ? name : null
}

function isAbsence(error: unknown): boolean {
  const {code} = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function isThere(path: string, kind: 'directory' | 'any'): boolean {
  try {
    const stats = statSync(path)
    return kind === 'any' || stats.isDirectory()
  } catch (error) {
    if (isAbsence(error)) return false
    throw error
  }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory).sort()
  } catch (error) {
    if (isAbsence(error)) return []
    throw error
  }
}

/** Whether Hermes has that profile: its home, with the file that Hermes seeds in a named one. */
export function profileExists(root: string, profile: string): boolean {
  const home = profileHome(root, profile)
  return profile === DEFAULT_PROFILE ? isThere(home, 'directory') : isThere(join(home, PROFILE_MARKER), 'any')
}

/** Whether Hermes lives there: for `default` the directory alone does not tell, since gateways of any kind need a root. */
export function isHermesHome(root: string, profile: string): boolean {
  const markers = profile === DEFAULT_PROFILE ? ROOT_MARKERS : [PROFILE_MARKER]
  return markers.some(name => isThere(join(profileHome(root, profile), name), 'any'))
}

/**
 * The profiles that Hermes has: `default` first where the root exists, then the others sorted. `invalid` has the
 * directories that are profiles in all but the name. A directory `profiles/default` is nobody's home and passed over.
 * Throws the system error of a directory that cannot be read.
 */
export function profilesOnDisk(root: string): {profiles: string[]; invalid: string[]} {
  if (!isThere(root, 'directory')) return {profiles: [], invalid: []}
  const marked = entriesOf(join(root, 'profiles')).filter(
    name => name !== DEFAULT_PROFILE && isThere(join(root, 'profiles', name, PROFILE_MARKER), 'any'),
  )
  const isInvalid = (name: string) => invalidProfileReason(name) !== null
  return {profiles: [DEFAULT_PROFILE, ...marked.filter(name => !isInvalid(name))], invalid: marked.filter(isInvalid)}
}
