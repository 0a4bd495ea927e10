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
 * Why root cannot rely on a file: the path of what an account other than root can write, be it the file, a link to it
 * or a directory on the way; null when there is none. A sticky directory is fine: in it only owners replace files.
 */
export function writableByOthers(path: string): string | null {
  const real = realpathSync.native(path)
  if (othersCanWrite(statSync(real))) return real
  if (lstatSync(path).uid !== 0) return path
  const directories = new Set([...ancestors(path), ...ancestors(real)])
  for (const directory of directories) {
    const stats = statSync(directory)
    if (othersCanWrite(stats) && !(stats.uid === 0 && (stats.mode & STICKY) !== 0)) return directory
  }
  return null
}
