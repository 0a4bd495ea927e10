/** @import {BackendContext} from '@hermes-svc/core' */
import {lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'

/**
 * The files of a service, without what runsv keeps there.
 *
 * @param {string} service
 * @param {string} [within]
 * @returns {{name: string, mode: number, contents: Buffer}[]}
 */
function filesOf(service, within = '') {
  return readdirSync(join(service, within)).flatMap(entry => {
    const name = join(within, entry)
    const stats = lstatSync(join(service, name))
    if (stats.isDirectory()) return entry === 'supervise' ? [] : filesOf(service, name)
    return stats.isFile() ? [{name, mode: stats.mode & 0o700, contents: readFileSync(join(service, name))}] : []
  })
}

/**
 * Does synchronous work in the home of an account with the rights of that account: it may have planted links there.
 *
 * @param {string} home
 * @param {() => void} work
 */
function asOwnerOf(home, work) {
  const {uid, gid} = statSync(home)
  if (process.geteuid?.() !== 0 || uid === 0) {
    work()
    return
  }
  process.setegid?.(gid)
  process.seteuid?.(uid)
  try {
    work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}

/**
 * Copies somebody else's service into the record directory, from where it can be put back, and gives the place.
 *
 * @param {string} service
 * @param {string} directory
 * @param {Pick<BackendContext, 'clock' | 'paths'>} context
 */
export function backUpForeign(service, directory, {clock, paths}) {
  const files = filesOf(service)
  const backup = join(directory, new Date(clock.now()).toISOString().replaceAll(/[^\dTZ]/g, ''))
  asOwnerOf(paths.root, () => {
    for (const {name, mode, contents} of files) {
      mkdirSync(dirname(join(backup, name)), {recursive: true, mode: 0o700})
      writeFileSync(join(backup, name), contents, {mode})
    }
  })
  return backup
}
