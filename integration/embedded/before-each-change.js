// Calls back right before each call that changes the disk or starts a process. Between two such calls nothing changes, so
// that what happens there could as well happen at any instruction.
import childProcess from 'node:child_process'
import fs from 'node:fs'
import {syncBuiltinESMExports} from 'node:module'

const CHANGES = [
  'appendFileSync',
  'chmodSync',
  'chownSync',
  'copyFileSync',
  'fsyncSync',
  'ftruncateSync',
  'lchownSync',
  'linkSync',
  'lutimesSync',
  'mkdirSync',
  'mkdtempSync',
  'openSync',
  'renameSync',
  'rmSync',
  'rmdirSync',
  'symlinkSync',
  'truncateSync',
  'unlinkSync',
  'utimesSync',
  'writeFileSync',
  'writeSync',
]

/** Opening makes a file or empties it, or it changes nothing: a FIFO is opened again and again, to see who listens. */
const MAKES = fs.constants.O_CREAT | fs.constants.O_TRUNC

function changes(name, args) {
  if (name === 'openSync')
    return typeof args[1] === 'number' ? (args[1] & MAKES) !== 0 : /[wax]/.test(String(args[1] ?? 'r'))
  // Output to the terminal is no change of the disk.
  return !(name === 'writeSync' && args[0] <= 2)
}

function wrap(owner, name, callback) {
  const original = owner[name]
  owner[name] = function (...args) {
    if (owner !== fs || changes(name, args)) callback()
    return original.apply(this, args)
  }
}

export function beforeEachChange(callback) {
  for (const name of CHANGES) wrap(fs, name, callback)
  wrap(childProcess, 'spawn', callback)
  syncBuiltinESMExports()
}
