import {isFileLocked} from '../process/file-lock.js'
import {startTimeOf} from '../process/process-identity.js'
import type {HomeFiles} from './home-files.js'

const PID_FILE = 'gateway.pid'
/** Children of the gateway, by pid. */
const CHILDREN = 'processes.json'
/** Held with flock(2) by a gateway as long as it lives, whichever container that is in. */
const LOCK = 'gateway.lock'

/** The pid and start time in gateway.pid: JSON, or the bare number of older versions. */
function parsePidFile(text: string): {pid: number; startTime: number | null} | null {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    return null
  }
  const {pid, start_time: startTime} = (typeof data === 'number' ? {pid: data} : (data ?? {})) as Record<
    string,
    unknown
  >
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return null
  return {pid, startTime: typeof startTime === 'number' ? startTime : null}
}

/** Whether the process that gateway.pid names is gone, as far as that can be told here. */
function isGone(text: string): boolean {
  const named = parsePidFile(text)
  if (named === null || process.platform !== 'linux') return false
  const now = startTimeOf(named.pid)
  return now === null || (named.startTime !== null && Number(now) !== named.startTime)
}

/**
 * The runtime files in a profile's home that an earlier gateway has left, and that would make a new one think that it, or a
 * child of it, still runs. Only what is provably stale: nobody holds the gateway's lock, and the process is gone or the
 * file is older than this life of the container. `lifeStartedAtMs` is null where that is not known. To be asked of a
 * profile whose gateway has no process.
 */
export function findStaleFiles(homes: HomeFiles, profile: string, lifeStartedAtMs: number | null): string[] {
  const pidFile = homes.read(profile, PID_FILE)
  const childrenWrittenAtMs = homes.writtenAtMs(profile, CHILDREN)
  if (pidFile === null && childrenWrittenAtMs === null) return []
  if (homes.isLocked(profile, LOCK, isFileLocked) !== false) return []
  const isOfEarlierLife = (writtenAtMs: number | null): boolean =>
    writtenAtMs !== null && lifeStartedAtMs !== null && writtenAtMs < lifeStartedAtMs
  const isPidFileStale = pidFile !== null && (isGone(pidFile) || isOfEarlierLife(homes.writtenAtMs(profile, PID_FILE)))
  return [
    ...(isPidFileStale ? [PID_FILE] : []),
    // A child may have outlived its gateway.
    ...(isOfEarlierLife(childrenWrittenAtMs) ? [CHILDREN] : []),
  ]
}
