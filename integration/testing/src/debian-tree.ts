import {spawn} from 'node:child_process'
import {existsSync, mkdirSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {cacheDirectory} from './cache-directory.js'
import {collectRun} from './program-run.js'

const SCRIPT = fileURLToPath(new URL('../make-debian-tree.sh', import.meta.url))
const LONGEST_MS = 540_000

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

/** Trees of Debian releases with the same packages, kept in the account's cache; see make-debian-tree.sh. */
export class DebianTrees {
  readonly #name: string
  readonly #packages: readonly string[]
  readonly #finish: string

  /** `name` is their directory in the cache, `finish` the program that finishes one in its top directory. */
  constructor(name: string, packages: readonly string[], finish: string) {
    this.#name = name
    this.#packages = packages
    this.#finish = finish
  }

  /** Why there can be no tree of that release, or an empty string. */
  whyNot(release: string): string {
    if (process.getuid?.() !== 0) return 'needs root to make and use a Debian tree'
    if (existsSync(this.#place(release))) return ''
    if (!existsSync('/usr/sbin/debootstrap')) return 'needs debootstrap'
    return findMirror() === undefined ? 'needs a Debian mirror among the package sources' : ''
  }

  /** The tree of that release, made when it is not in the cache. */
  async prepare(release: string): Promise<string> {
    const place = this.#place(release)
    if (existsSync(place)) return place
    mkdirSync(join(place, '..'), {recursive: true})
    // Test files run side by side: one makes it, the others wait.
    const args = [`${place}.lock`, SCRIPT, release, findMirror() ?? '', place, this.#packages.join(','), this.#finish]
    const {code, stdout, stderr} = await collectRun(spawn('flock', args), '', LONGEST_MS)
    if (code !== 0)
      throw new Error(`debootstrap ${release} ended with ${String(code)}: ${stderr}${stdout.slice(-2000)}`)
    return place
  }

  #place(release: string): string {
    return cacheDirectory(this.#name, release)
  }
}
