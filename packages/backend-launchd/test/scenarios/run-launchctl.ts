import {execFile} from 'node:child_process'
import type {Ran} from './mac.js'

const LONGEST_MS = 30_000
/** What `print` says of a whole domain is more than Node keeps otherwise. Bytes. */
const LONGEST_OUTPUT = 64 * 1024 * 1024

/** Runs a launchctl to its end; one that hangs is killed. In the language that everything here is read in. */
export function runLaunchctl(path: string, args: readonly string[]): Promise<Ran> {
  const options = {env: {...process.env, LC_ALL: 'C'}, timeout: LONGEST_MS, maxBuffer: LONGEST_OUTPUT}
  return new Promise(resolve => {
    const child = execFile(path, args, options, (_error, stdout, stderr) => {
      resolve({code: child.exitCode, stdout, stderr})
    })
  })
}
