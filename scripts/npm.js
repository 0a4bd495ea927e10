import {spawnSync} from 'node:child_process'

/** Runs npm in a directory; its standard output as text, null when it failed. What it says on standard error is shown. */
export function npm(args, {cwd, stderr = 'inherit'} = {}) {
  const shell = process.platform === 'win32'
  const {status, stdout} = spawnSync('npm', args, {cwd, shell, encoding: 'utf8', stdio: ['ignore', 'pipe', stderr]})
  return status === 0 ? stdout : null
}
