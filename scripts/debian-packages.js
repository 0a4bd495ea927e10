import {spawnSync} from 'node:child_process'
import {accessSync, constants, existsSync} from 'node:fs'
import {join} from 'node:path'

/**
 * What tests use that npm does not bring: the program that must be there, the Debian package that has it, what for, and
 * whether only the tests of integration/ need it.
 */
const PACKAGES = [
  {program: 's6-svscan', name: 's6', purpose: 'a real s6 scan directory'},
  {program: 'execlineb', name: 'execline', purpose: 'a real s6 scan directory'},
  {program: 'systemd-run', name: 'systemd', purpose: 'a real systemd user manager'},
  {program: 'xmllint', name: 'libxml2-utils', purpose: 'the schema of Scheduled Tasks'},
  {
    program: 'debootstrap',
    name: 'debootstrap',
    purpose: 'other Debian releases with their s6 and systemd',
    integration: true,
  },
  {program: 'ip', name: 'iproute2', purpose: 'a network of its own for an npm registry', integration: true},
  {program: 'runsvdir', name: 'runit', purpose: 'a real runsvdir for the example of a backend', integration: true},
  {program: 'dockerd', name: 'docker.io', purpose: 'a real container engine', integration: true},
  {program: 'wine', name: 'wine', purpose: 'programs of Windows', integration: true},
  {
    program: 'x86_64-w64-mingw32-gcc',
    name: 'gcc-mingw-w64-x86-64-win32',
    purpose: 'a fake Task Scheduler for Wine',
    integration: true,
  },
  {program: 'faketime', name: 'faketime', purpose: 'a clock that is set back', integration: true},
]

function isInstalled(program) {
  return ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'].some(directory => {
    try {
      accessSync(join(directory, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** As root on Debian says what it installs and does so; elsewhere says what is missing. The tests that need it then skip. */
export function ensurePackages(isIntegration) {
  const missing = PACKAGES.filter(({program, integration}) => (isIntegration || !integration) && !isInstalled(program))
  if (missing.length === 0) return
  for (const {name, purpose} of missing) console.log(`missing: ${name} (${purpose})`)
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    console.log('not installed, since this is not root on Debian: the tests that need them are skipped')
    return
  }
  const names = missing.map(({name}) => name)
  console.log(`installing with apt-get: ${names.join(' ')}`)
  const env = {...process.env, DEBIAN_FRONTEND: 'noninteractive'}
  for (const args of [
    ['update', '-q'],
    ['install', '-q', '-y', '--no-install-recommends', ...names],
  ]) {
    const {status} = spawnSync('apt-get', args, {env, stdio: ['ignore', 'ignore', 'inherit']})
    if (status !== 0) console.log(`apt-get ${args[0]} failed: the tests that need these packages are skipped`)
  }
}
