// node scripts/pack-packages.js DIRECTORY [--os NAME]: one tarball for each published package, as it is published; with --os
// only what runs there, since npm refuses to install the other ones when they are named. Prints their paths.
import {execFileSync} from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, relative, resolve} from 'node:path'
import {parseArgs} from 'node:util'
import {npm} from './npm.js'
import {publishedPackages, root} from './published-packages.js'

/** What a registry is told. npm passes over an optional dependency by the `os` that the registry knows, not by a tarball's. */
function publishedManifest(packageJson) {
  const os = packageJson.hermesSvc?.backend.platforms
  return os === undefined ? packageJson : {...packageJson, os}
}

/** tsc leaves behind what it once made of a source that is gone. */
function isCurrent(path, directory) {
  const compiled = /^(.*\/)?dist\/(.+?)(\.d)?\.[jt]s$/.exec(relative(directory, path).replaceAll('\\', '/'))
  if (compiled === null) return true
  const [, parent = '', module] = compiled
  return existsSync(join(directory, parent, 'src', `${module}.ts`))
}

/** A copy of what is published: with `os` in a package.json of packages/, `npm ci` in a clone would fail on other platforms. */
function stage(published, place) {
  const {name, directory, packageJson} = published
  mkdirSync(place)
  const manifestWriter = join(directory, 'scripts', 'write-manifest.js')
  if (existsSync(manifestWriter)) execFileSync(process.execPath, [manifestWriter, place], {stdio: 'inherit'})
  cpSync(join(root, 'LICENSE'), join(place, 'LICENSE'))
  for (const entry of ['README.md', ...packageJson.files.filter(pattern => !pattern.startsWith('!'))]) {
    if (existsSync(join(place, entry))) continue
    const from = join(directory, entry)
    if (!existsSync(from)) throw new Error(`expected ${entry} in ${name}, got none; run npm run build`)
    cpSync(from, join(place, entry), {recursive: true, filter: path => isCurrent(path, directory)})
  }
  writeFileSync(join(place, 'package.json'), `${JSON.stringify(publishedManifest(packageJson), null, 2)}\n`)
  setModes(place)
}

/** The same for everybody: a clone has modes by the umask of whoever made it. */
function setModes(place) {
  for (const entry of readdirSync(place, {recursive: true, withFileTypes: true})) {
    const path = join(entry.parentPath, entry.name)
    const isExecutable = entry.isDirectory() || (statSync(path).mode & 0o100) !== 0
    chmodSync(path, isExecutable ? 0o755 : 0o644)
  }
}

/** Writes the tarballs into `destination`; returns name, version and path of each, dependencies first. */
export function packPackages(destination, {os} = {}) {
  const staging = mkdtempSync(join(tmpdir(), 'hermes-svc-pack-'))
  try {
    const packages = publishedPackages().filter(({packageJson}) => {
      const platforms = publishedManifest(packageJson).os
      return os === undefined || platforms === undefined || platforms.includes(os)
    })
    const places = packages.map((_, index) => join(staging, String(index)))
    packages.forEach((published, index) => stage(published, places[index]))
    mkdirSync(destination, {recursive: true})
    const options = ['--json', '--ignore-scripts', '--pack-destination', resolve(destination)]
    const {isDone, stdout} = npm(['pack', ...options, ...places], {cwd: staging})
    if (!isDone) throw new Error('npm pack failed')
    return JSON.parse(stdout).map(({name, version, filename}) => ({
      name,
      version,
      path: resolve(destination, filename),
    }))
  } finally {
    rmSync(staging, {recursive: true})
  }
}

if (process.argv[1] === import.meta.filename) {
  const {values, positionals} = parseArgs({allowPositionals: true, options: {os: {type: 'string'}}})
  const [destination] = positionals
  if (destination === undefined) {
    console.error('Expected the directory to write to, got none: npm run release:pack -- DIRECTORY [--os NAME]')
    process.exit(1)
  }
  for (const {path} of packPackages(destination, values)) console.log(path)
}
