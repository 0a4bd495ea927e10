import {execFileSync} from 'node:child_process'
import {
  constants,
  cpSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'

const FIFOS_AT_A_TIME = 1000

/** Copies a directory; in files and names one gateway's name becomes another of the same length. FIFOs are noted. */
function copyTree(from, to, rename, fifos) {
  mkdirSync(to, {mode: lstatSync(from).mode})
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)]
    const stats = lstatSync(source)
    if (stats.isDirectory()) copyTree(source, target, rename, fifos)
    else if (stats.isFIFO()) fifos.push(target)
    else if (stats.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else if (stats.isFile() && name.endsWith('.json')) {
      writeFileSync(target, rename(readFileSync(source, 'utf8')), {mode: stats.mode})
    } else if (stats.isFile()) cpSync(source, target)
  }
}

/** Makes directories that look like those of a running gateway, under other names. Gives the FIFOs that are in them. */
export function cloneGateway(template, names, directories) {
  const fifos = []
  for (const name of names) {
    const rename = text => text.replaceAll(template, name)
    for (const directoryOf of directories) copyTree(directoryOf(template), directoryOf(name), rename, fifos)
  }
  for (let at = 0; at < fifos.length; at += FIFOS_AT_A_TIME) {
    execFileSync('mkfifo', ['-m', '600', ...fifos.slice(at, at + FIFOS_AT_A_TIME)])
  }
  return fifos
}

/** Reads FIFOs, until the bench ends, as their supervisors would: by that they are known to live. */
export function listenOn(fifos) {
  for (const path of fifos) openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
}
