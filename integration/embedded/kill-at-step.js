// Preloaded into the CLI: kills it with SIGKILL right before the N-th call that changes the disk or starts a process
// (HERMES_KILL_STEP=N). Between two such calls nothing changes, so that this is a kill at every instruction.
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
const last = Number(process.env.HERMES_KILL_STEP)
let step = 0

function changes(name, args) {
  if (name === 'openSync')
    return typeof args[1] === 'number' ? (args[1] & 3) !== 0 : /[wax+]/.test(String(args[1] ?? 'r'))
  // Output to the terminal is no change of the disk.
  return !(name === 'writeSync' && args[0] <= 2)
}

function counted(owner, name) {
  const original = owner[name]
  owner[name] = function (...args) {
    if (owner !== fs || changes(name, args)) {
      step += 1
      if (step === last) process.kill(process.pid, 'SIGKILL')
    }
    return original.apply(this, args)
  }
}

for (const name of CHANGES) counted(fs, name)
counted(childProcess, 'spawn')
syncBuiltinESMExports()
