// Preloaded into the CLI: before each change that it makes, s6-svscan is told to look at its directory, and gets the time for it.
import fs from 'node:fs'
import {beforeEachChange} from '../embedded/before-each-change.js'

const {openSync, writeSync, closeSync, constants} = fs
const SCAN_MS = 10

beforeEachChange(() => {
  // With the account's rights it works in the home, which s6 does not look at.
  if (process.geteuid() !== process.getuid()) return
  const control = openSync('/run/service/.s6-svscan/control', constants.O_WRONLY | constants.O_NONBLOCK)
  writeSync(control, 'a')
  closeSync(control)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SCAN_MS)
})
