import {spawnSync} from 'node:child_process'

/**
 * Settings that hold whatever npm this one was started by: `npm run --silent` would hide why it failed, and with npm's own 10 s a
 * registry that is down is told after more than a minute.
 */
const SETTINGS = ['--loglevel=warn', '--fetch-retry-mintimeout=1000']

/** Runs npm in a directory: whether it succeeded, and its standard output as text. Its warnings and errors are shown, unless `quiet`. */
export function npm(args, {cwd, quiet = false} = {}) {
  const shell = process.platform === 'win32'
  const stdio = ['ignore', 'pipe', quiet ? 'ignore' : 'inherit']
  const {status, stdout} = spawnSync('npm', [...args, ...SETTINGS], {cwd, shell, encoding: 'utf8', stdio})
  return {isDone: status === 0, stdout}
}
