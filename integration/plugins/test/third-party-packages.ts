import {spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {cacheDirectory} from '../../testing/dist/cache-directory.js'
import {collectRun} from '../../testing/dist/program-run.js'

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))
const LONGEST_MS = 300_000

/** One package of somebody else as npm has it, and what its package.json says. */
export interface ThirdPartyPackage {
  readonly manifest: {readonly name: string; readonly version: string}
  readonly tarball: string
}

interface Locked {
  readonly version?: string
  readonly dev?: boolean
  readonly link?: boolean
  readonly inBundle?: boolean
}

/** The directories in node_modules of everything that the published packages depend on. */
function lockedDirectories(lock: string): string[] {
  const {packages} = JSON.parse(lock) as {packages: Record<string, Locked>}
  return Object.entries(packages)
    .filter(([path, {dev, link, inBundle}]) => path.includes('node_modules/') && !dev && !link && !inBundle)
    .map(([path]) => join(REPOSITORY, path))
    .filter(directory => existsSync(directory))
}

function placeOf(lock: string): string {
  return cacheDirectory('third-party', createHash('sha256').update(lock).digest('hex').slice(0, 16))
}

async function npm(args: readonly string[]): Promise<string> {
  const child = spawn('npm', args, {cwd: REPOSITORY, stdio: 'pipe'})
  const {code, stdout, stderr} = await collectRun(child, '', LONGEST_MS)
  if (code !== 0) throw new Error(`npm ${args[0] ?? ''} ended with ${String(code)}: ${stderr}`)
  return stdout
}

/**
 * What the published packages depend on, as tarballs: fetched once with npm, from where npm ci got it, and kept in the
 * account's cache for as long as the lock file stays the same.
 */
export async function thirdPartyPackages(): Promise<ThirdPartyPackage[]> {
  const lock = readFileSync(join(REPOSITORY, 'package-lock.json'), 'utf8')
  const place = placeOf(lock)
  const index = join(place, 'index.json')
  if (!existsSync(index)) await fetchPackages(lockedDirectories(lock), place, index)
  const packages = JSON.parse(readFileSync(index, 'utf8')) as ThirdPartyPackage[]
  return packages.map(({manifest, tarball}) => ({manifest, tarball: join(place, tarball)}))
}

async function fetchPackages(directories: readonly string[], place: string, index: string): Promise<void> {
  const manifests = new Map(
    directories.map(directory => {
      const manifest = JSON.parse(
        readFileSync(join(directory, 'package.json'), 'utf8'),
      ) as ThirdPartyPackage['manifest']
      return [`${manifest.name}@${manifest.version}`, manifest]
    }),
  )
  // Test files run side by side: whoever is last to rename brings the same bytes.
  const staging = `${place}.${String(process.pid)}`
  mkdirSync(staging, {recursive: true})
  const args = ['pack', '--json', '--ignore-scripts', '--prefer-offline', '--pack-destination', staging]
  const packed = JSON.parse(await npm([...args, ...manifests.keys()])) as {id: string; filename: string}[]
  const packages = packed.map(({id, filename}) => ({manifest: manifests.get(id), tarball: filename}))
  writeFileSync(join(staging, 'index.json'), JSON.stringify(packages))
  mkdirSync(join(place, '..'), {recursive: true})
  try {
    renameSync(staging, place)
  } catch (error) {
    if (!existsSync(index)) throw error
    rmSync(staging, {recursive: true})
  }
}
