// npm run release:publish [-- --dry-run] [--registry URL]: builds, packs, checks and publishes what is not published yet.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {npm} from './npm.js'
import {packPackages} from './pack-packages.js'
import {root} from './published-packages.js'
import {checkoutProblems, tarballProblems} from './release-checks.js'

function failOn(problems) {
  if (problems.length === 0) return
  for (const problem of problems) console.error(problem)
  console.error('Nothing was published.')
  process.exit(1)
}

function isPublished({name, version}, registry) {
  const args = ['view', `${name}@${version}`, 'version', '--json', '--prefer-online', ...registry]
  const answer = npm(args, {stderr: 'ignore'})
  return answer !== null && answer.trim() === JSON.stringify(version)
}

/** A tarball, not its directory: of a directory the registry is told the package.json, which has no `os`. */
function publish({version, path}, options) {
  const tag = version.includes('-') ? 'next' : 'latest'
  return npm(['publish', path, '--tag', tag, '--ignore-scripts', ...options]) !== null
}

/** In the order of dependencies, so that a program that can be seen can be installed. A repeat goes on where this ended. */
function publishAll(tarballs, {registry, dryRun}) {
  for (const tarball of tarballs) {
    const title = `${tarball.name} ${tarball.version}`
    if (isPublished(tarball, registry)) {
      console.log(`there already: ${title}`)
    } else if (publish(tarball, [...registry, ...dryRun])) {
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
failOn(npm(['run', 'build'], {cwd: root}) === null ? ['Expected npm run build to succeed, got a failure.'] : [])
const directory = mkdtempSync(join(tmpdir(), 'hermes-svc-release-'))
process.on('exit', () => {
  rmSync(directory, {recursive: true})
})
const tarballs = packPackages(directory)
failOn((await Promise.all(tarballs.map(tarballProblems))).flat())
publishAll(tarballs, {registry, dryRun})
