import {spawn} from 'node:child_process'
import {chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {cacheDirectory} from '../../testing/dist/cache-directory.js'
import {collectRun} from '../../testing/dist/program-run.js'

const LONGEST_MS = 300_000

/** The npm package that has Node for this machine. It has no install script, other than the package `node` that chooses it. */
const PACKAGE = `node-${process.platform}-${process.arch}`

/** Run by whoever has the lock: the directory appears with a whole program in it. */
const FETCH = `
test -e "$1" && exit
rm -rf "$1.new"
npm install --prefix "$1.new" --ignore-scripts --no-audit --no-fund "$2" && mv "$1.new/node_modules/$3/bin" "$1" && rm -rf "$1.new"
`

/** The program of that version in the account's cache, fetched from npm's registry when it is not there. */
async function cachedNode(version: string): Promise<string> {
  const place = cacheDirectory('node', version)
  const node = join(place, 'node')
  if (existsSync(node)) return node
  mkdirSync(cacheDirectory('node'), {recursive: true})
  const args = [`${place}.lock`, 'sh', '-c', FETCH, 'sh', place, `${PACKAGE}@${version}`, PACKAGE]
  const {code, stderr} = await collectRun(spawn('flock', args, {stdio: 'pipe'}), '', LONGEST_MS)
  if (code !== 0) throw new Error(`expected npm to bring ${PACKAGE}@${version}, got ${String(code)}: ${stderr}`)
  return node
}

/** A directory for PATH that has `node` of that version, for every account; whoever asks removes it. */
export async function nodeDirectory(version: string): Promise<string> {
  const cached = await cachedNode(version)
  const directory = mkdtempSync(join(tmpdir(), 'node-'))
  chmodSync(directory, 0o755)
  copyFileSync(cached, join(directory, 'node'))
  return directory
}
