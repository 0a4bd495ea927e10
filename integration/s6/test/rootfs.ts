import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, readdirSync, readFileSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

/** Debian releases whose s6 differs from that of this machine in what the backend reads and counts. */
export const RELEASES = ['trixie', 'sid'] as const

/** The name of such a release. */
export type Release = (typeof RELEASES)[number]

const SCRIPT = fileURLToPath(new URL('../make-rootfs.sh', import.meta.url))

function cacheDirectory(): string {
  const cache = process.env['XDG_CACHE_HOME']
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'hermes-svc', 's6')
}

/** The mirror of this machine's own package sources. */
function findMirror(): string | undefined {
  const directory = '/etc/apt/sources.list.d'
  if (!existsSync(directory)) return undefined
  const files = ['/etc/apt/sources.list', ...readdirSync(directory).map(name => join(directory, name))]
  return files
    .filter(path => existsSync(path))
    .flatMap(path => readFileSync(path, 'utf8').split('\n'))
    .flatMap(line => /^[^#]*?(https?:\/\/\S+\/debian)\/?(?:\s|$)/.exec(line)?.[1] ?? [])[0]
}

/** Why no tree of another Debian release can be had, or an empty string. */
export function whyNoRootfs(release: Release): string {
  if (process.getuid?.() !== 0) return 'needs root to make and use a Debian tree'
  if (existsSync(join(cacheDirectory(), release))) return ''
  if (!existsSync('/usr/sbin/debootstrap')) return 'needs debootstrap'
  return findMirror() === undefined ? 'needs a Debian mirror among the package sources' : ''
}

/** A Debian tree with the s6 of that release: kept in the cache, and made there when it is not. */
export function prepareRootfs(release: Release): string {
  const cache = cacheDirectory()
  const place = join(cache, release)
  if (existsSync(place)) return place
  mkdirSync(cache, {recursive: true})
  // Test files run side by side: one makes it, the others wait.
  const args = [join(cache, `${release}.lock`), SCRIPT, release, findMirror() ?? '', place]
  const {status, stdout, stderr} = spawnSync('flock', args, {encoding: 'utf8', maxBuffer: 1 << 26})
  if (status !== 0)
    throw new Error(`debootstrap ${release} ended with ${String(status)}: ${stderr}${stdout.slice(-2000)}`)
  return place
}
