import {spawnSync} from 'node:child_process'

/**
 * Settings that hold whatever npm this one was started by: `npm run --silent` would hide why it failed, and with npm's own 10 s a
 * registry that is down is told after more than a minute.
 */
const SETTINGS = ['--loglevel=warn', '--fetch-retry-mintimeout=1000']

/** Runs npm in a directory: whether it succeeded, and its standard output as text. Its warnings and errors are shown, unless `quiet`. */
export function npm(args, {cwd, quiet = false} = {}) {
  const {status, stdout} = spawnNpm(args, {cwd, stdio: ['ignore', 'pipe', quiet ? 'ignore' : 'inherit']})
  return {isDone: status === 0, stdout}
}

/** The same for what may ask, such as for a one-time password; what it prints goes to standard error. */
export function npmThatAsks(args) {
  return spawnNpm(args, {stdio: ['inherit', 2, 'inherit']}).status === 0
}

function spawnNpm(args, options) {
  return spawnSync('npm', [...args, ...SETTINGS], {...options, encoding: 'utf8', shell: process.platform === 'win32'})
}
