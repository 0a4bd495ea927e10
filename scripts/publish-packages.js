// npm run release:publish [-- --dry-run] [--registry URL]: builds, packs, checks and publishes what is not published yet.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {npm, npmThatAsks} from './npm.js'
import {packPackages} from './pack-packages.js'
import {root} from './published-packages.js'
import {checkoutProblems, tarballProblems} from './release-checks.js'

function failOn(problems) {
  if (problems.length === 0) return
  for (const problem of problems) console.error(problem)
  console.error('Nothing was published.')
  process.exit(1)
}

/** The versions that the registry has of a package, none of one that it does not know; null when it cannot be asked. */
function publishedVersions(name, registry) {
  const {isDone, stdout} = npm(['view', name, 'versions', '--json', '--prefer-online', ...registry], {quiet: true})
  const answer = JSON.parse(stdout)
  if (isDone) return [answer].flat()
  if (answer.error.code === 'E404') return []
  console.error(answer.error.summary)
  return null
}

/** A tarball, not its directory: of a directory the registry is told the package.json, which has no `os`. */
function publish({version, path}, options) {
  const tag = version.includes('-') ? 'next' : 'latest'
  return npmThatAsks(['publish', path, '--tag', tag, '--ignore-scripts', ...options])
}

/** In the order of dependencies, so that a program that can be seen can be installed. A repeat goes on where this ended. */
function publishAll(tarballs, {registry, dryRun}) {
  for (const tarball of tarballs) {
    const title = `${tarball.name} ${tarball.version}`
    const versions = publishedVersions(tarball.name, registry)
    if (versions?.includes(tarball.version)) {
      console.log(`there already: ${title}`)
    } else if (versions !== null && publish(tarball, [...registry, ...dryRun])) {
      console.log(`${dryRun.length > 0 ? 'would be published' : 'published'}: ${title}`)
    } else {
      console.error(`${title} was not published, nor what comes after it; the same command goes on from here.`)
      process.exit(1)
    }
  }
}

const {values} = parseArgs({options: {'dry-run': {type: 'boolean'}, registry: {type: 'string'}}})
const registry = values.registry === undefined ? [] : ['--registry', values.registry]
const dryRun = values['dry-run'] ? ['--dry-run'] : []
failOn(checkoutProblems())
const build = npm(['run', 'build'], {cwd: root})
failOn(build.isDone ? [] : [`Expected npm run build to succeed, got:\n${build.stdout}`])
const directory = mkdtempSync(join(tmpdir(), 'hermes-svc-release-'))
process.on('exit', () => {
  rmSync(directory, {recursive: true})
})
const tarballs = packPackages(directory)
failOn((await Promise.all(tarballs.map(tarballProblems))).flat())
publishAll(tarballs, {registry, dryRun})
