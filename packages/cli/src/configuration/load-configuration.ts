import {type Stats, statSync} from 'node:fs'
import {resolve} from 'node:path'
import {type ConfigurationLayer, type ServiceError, serviceError} from '@hermes-svc/core'
import {type ConfigurationPlace, configurationPlaces, type PlaceContext} from './configuration-places.js'
import {writableByOthers} from './file-trust.js'
import {readDataFile} from './read-data-file.js'

/** What loading depends on besides the places. */
export interface LoadContext extends PlaceContext {
  /** Effective uid; null where there is none. Only root distrusts files. */
  readonly uid: number | null
  readonly warn: (message: string) => void
}

function failure(path: string, expected: string, got: string, hint: string): ServiceError {
  return serviceError('HSVC_CONFIG_INVALID', `${path}: expected ${expected}, got ${got}`, {hint})
}

function unreadable(path: string, error: NodeJS.ErrnoException): ServiceError {
  const code = error.code === 'EACCES' || error.code === 'EPERM' ? 'HSVC_PERMISSION_DENIED' : 'HSVC_CONFIG_INVALID'
  return serviceError(code, `${path}: expected a readable configuration file, got ${error.code ?? error.message}`, {
    hint: 'name another one with --config, make it readable, or set HOME where it is that of another account',
    cause: error,
  })
}

function statIfPresent({path, named}: ConfigurationPlace): Stats | null {
  try {
    return named ? statSync(path) : (statSync(path, {throwIfNoEntry: false}) ?? null)
  } catch (thrown) {
    const error = thrown as NodeJS.ErrnoException
    if (!named && error.code === 'ENOTDIR') return null
    throw unreadable(path, error)
  }
}

/** Whether root may read it. Throws for a place that is strict. */
function trusted({path, strict}: ConfigurationPlace, {uid, warn}: LoadContext): boolean {
  if (uid !== 0) return true
  const culprit = writableByOthers(path)
  if (culprit === null) return true
  if (!strict) {
    warn(`${path} is ignored: accounts other than root can write ${culprit}`)
    return false
  }
  throw failure(
    path,
    'a file that only root can write, as are the directories above it',
    `${culprit}, which other accounts can write`,
    `chown root ${culprit} && chmod go-w ${culprit}`,
  )
}

async function read(path: string): Promise<ConfigurationLayer> {
  try {
    return {source: path, data: await readDataFile(path)}
  } catch (thrown) {
    const error = thrown as NodeJS.ErrnoException
    if (error.syscall !== undefined) throw unreadable(path, error)
    const reason = error.message.replaceAll(/\s+/g, ' ').slice(0, 200)
    throw failure(path, 'JSON or YAML data', reason, 'fix the file, or name another one with --config')
  }
}

/**
 * The first configuration file there is, null when there is none; without one nothing is read. Rejects
 * HSVC_CONFIG_INVALID or HSVC_PERMISSION_DENIED naming the file.
 */
export async function loadConfiguration(context: LoadContext): Promise<ConfigurationLayer | null> {
  for (const found of configurationPlaces(context)) {
    const place = {...found, path: resolve(found.path)}
    const stats = statIfPresent(place)
    if (stats === null || !trusted(place, context)) continue
    // A FIFO would make every command wait for its writer.
    if (!stats.isFile()) throw failure(place.path, 'a regular file', 'something else', 'replace it, or use --config')
    return await read(place.path)
  }
  return null
}
