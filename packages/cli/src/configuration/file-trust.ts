import {lstatSync, realpathSync, type Stats, statSync} from 'node:fs'
import {dirname} from 'node:path'

const WRITABLE_BY_GROUP_OR_OTHERS = 0o022
const STICKY = 0o1000

function ancestors(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [] : [parent, ...ancestors(parent)]
}

function othersCanWrite(stats: Stats): boolean {
  return stats.uid !== 0 || (stats.mode & WRITABLE_BY_GROUP_OR_OTHERS) !== 0
}

/**
 * Why root cannot rely on some files: the path of the first thing that an account other than root can write, be it a file, a link to
 * it or a directory on the way; null when there is none. A sticky directory is fine: in it only owners replace files.
 */
export function writableByOthers(...paths: readonly string[]): string | null {
  const looked = new Set<string>()
  for (const path of paths) {
    const real = realpathSync.native(path)
    if (othersCanWrite(statSync(real))) return real
    if (real !== path && lstatSync(path).uid !== 0) return path
    for (const directory of [...ancestors(path), ...ancestors(real)]) {
      if (looked.has(directory)) continue
      looked.add(directory)
      const stats = statSync(directory)
      if (othersCanWrite(stats) && !(stats.uid === 0 && (stats.mode & STICKY) !== 0)) return directory
    }
  }
  return null
}
