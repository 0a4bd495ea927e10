import {readFileSync, statSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {askControl, type ControlAnswer, scandirControl} from './control-fifo.js'

/** One scandir as its control FIFO answers. */
export interface ScandirLook {
  readonly path: string
  readonly control: ControlAnswer
  /** Null where there is no such directory, or it cannot be looked at. */
  readonly ownerUid: number | null
}

/** Everything that detection reads, gathered without judging. */
export interface MachineLook {
  /** The name of process 1, at most 15 characters; null where it cannot be read. */
  readonly pid1: string | null
  /** The major version of the s6-overlay that runs, or ran, here. */
  readonly overlay: 3 | 2 | null
  /** systemd's own sign that it booted the machine: sd_booted(3). Host directories mounted into a container can fake it. */
  readonly systemdRuns: boolean
  /** The configured scandir alone, or the usual ones, the most likely first. Never empty. */
  readonly scandirs: readonly ScandirLook[]
}

/** The scandir of s6-overlay v3, and of s6-linux-init. */
export const USUAL_SCANDIR = '/run/service'

/** The scandir of s6-overlay v2, which knows it as /var/run/s6/services. */
export const OVERLAY_2_SCANDIR = '/run/s6/services'

/** The directory that s6-overlay v3 makes before it starts anything. */
export const OVERLAY_3_BASE = '/run/s6/basedir'

function isDirectory(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false
}

function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

/** Looks at the configured scandir alone, or at the usual ones. Never throws. `root` is another root than `/` in tests. */
export function lookAtMachine(configured: string | null, root = '/'): MachineLook {
  const under = (path: string): string => join(root, path)
  const directoryAt = (path: string): boolean => attempt(() => isDirectory(under(path))) ?? false
  const overlay = directoryAt(OVERLAY_3_BASE) ? 3 : directoryAt(OVERLAY_2_SCANDIR) ? 2 : null
  const usual = overlay === 2 ? [OVERLAY_2_SCANDIR, USUAL_SCANDIR] : [USUAL_SCANDIR]
  const scandirs = configured === null ? usual : [resolve('/', configured)]
  return {
    pid1: attempt(() => readFileSync(under('/proc/1/comm'), 'utf8').trimEnd()),
    overlay,
    systemdRuns: directoryAt('/run/systemd/system'),
    scandirs: scandirs.map(path => ({
      path,
      control: attempt(() => askControl(scandirControl(under(path)))) ?? 'none',
      ownerUid: attempt(() => statSync(under(path)).uid),
    })),
  }
}
