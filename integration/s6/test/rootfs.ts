import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'

/** What of a Debian tree a container uses. */
const USED = ['bin', 'etc', 'lib', 'lib64', 'sbin', 'usr']

function cacheDirectory(): string {
  const cache = process.env['XDG_CACHE_HOME']
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'hermes-svc', 's6')
}

/** The mirror of this machine's own package sources. */
function findMirror(): string | undefined {
  const directory = '/etc/apt/sources.list.d'
  const files = ['/etc/apt/sources.list', ...readdirSync(directory).map(name => join(directory, name))]
  return files
    .filter(path => existsSync(path))
    .flatMap(path => readFileSync(path, 'utf8').split('\n'))
    .flatMap(line => /^[^#]*?(https?:\/\/\S+\/debian)\/?(?:\s|$)/.exec(line)?.[1] ?? [])[0]
}

/** Why no tree of another Debian release can be had, or an empty string. */
export function whyNoRootfs(suite: string): string {
  if (existsSync(join(cacheDirectory(), suite))) return ''
  if (process.getuid?.() !== 0) return 'needs root to make a Debian tree'
  if (!existsSync('/usr/sbin/debootstrap')) return 'needs debootstrap'
  return findMirror() === undefined ? 'needs a Debian mirror among the package sources' : ''
}

/** A Debian tree with the s6 of that release: kept in the cache, and made there when it is not. */
export function prepareRootfs(suite: string): string {
  const cache = cacheDirectory()
  const path = join(cache, suite)
  if (existsSync(path)) return path
  mkdirSync(cache, {recursive: true})
  const staging = mkdtempSync(join(cache, '.staging-'))
  try {
    // In namespaces of its own, so that what it mounts and starts ends with it.
    const debootstrap = [
      'debootstrap',
      '--variant=minbase',
      '--include=s6,execline',
      suite,
      staging,
      findMirror() ?? '',
    ]
    const args = ['--mount', '--pid', '--fork', '--kill-child', ...debootstrap]
    const {status, stdout} = spawnSync('unshare', args, {encoding: 'utf8', maxBuffer: 1 << 26})
    if (status !== 0) throw new Error(`debootstrap ${suite} ended with ${String(status)}: ${stdout.slice(-2000)}`)
    for (const name of readdirSync(staging)) {
      if (!USED.includes(name)) rmSync(join(staging, name), {recursive: true})
    }
    for (const name of ['doc', 'locale', 'man']) rmSync(join(staging, 'usr', 'share', name), {recursive: true})
    renameSync(staging, path)
  } finally {
    rmSync(staging, {recursive: true, force: true})
  }
  return path
}
