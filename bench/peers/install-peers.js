import {spawnSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {cleanEnvironment} from '../clean-environment.js'

/** Where peers are installed that come by npm: beside the workspace, never in it. */
export const PEERS = import.meta.dirname

const DEBIAN = [
  ['s6-svscan', 's6'],
  ['supervisord', 'supervisor'],
  ['/usr/bin/time', 'time'],
  ['python3', 'python3'],
]

function has(program) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], {env: cleanEnvironment()}).status === 0
}

function installFromDebian() {
  const missing = DEBIAN.filter(([program]) => !has(program)).map(([, name]) => name)
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return
  console.log(`installing with apt-get: ${missing.join(' ')}`)
  // Debian would start a supervisord of its own.
  const env = {...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1'}
  for (const args of [
    ['update', '-q'],
    ['install', '-q', '-y', '--no-install-recommends', ...missing],
  ])
    spawnSync('apt-get', args, {env, stdio: ['ignore', 'ignore', 'inherit']})
}

function installFromNpm() {
  if (existsSync(join(PEERS, 'node_modules', 'pm2'))) return
  console.log('installing with npm: pm2 @oclif/core')
  // As the account has npm set up, its certificates included.
  spawnSync('npm', ['ci', '--prefix', PEERS, '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: PEERS,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Installs what can be installed; `whyNot` then says of the rest why it is not measured. */
export function installPeers() {
  installFromDebian()
  installFromNpm()
}

/** Why a peer cannot be measured here; an empty string when it can. */
export function whyNot(peer) {
  const npm = {pm2: 'pm2', 'a minimal oclif CLI': '@oclif/core'}[peer]
  if (npm) return existsSync(join(PEERS, 'node_modules', npm)) ? '' : 'npm could not install it'
  const debian = {supervisor: 'supervisord', s6: 's6-svscan', python: 'python3', 'GNU time': '/usr/bin/time'}[peer]
  return has(debian) ? '' : 'it is not installed, and apt-get could not install it'
}
