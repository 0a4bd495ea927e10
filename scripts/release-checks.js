import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {publint} from 'publint'
import {formatMessage} from 'publint/utils'
import {publishedPackages, root} from './published-packages.js'

function git(...args) {
  return execFileSync('git', args, {cwd: root, encoding: 'utf8'}).trimEnd()
}

function readText(name) {
  return readFileSync(join(root, name), 'utf8')
}

/** Why this checkout is not what a release is made of, one sentence each; empty when it is. */
export function checkoutProblems() {
  const {version} = JSON.parse(readText('lerna.json'))
  const problems = publishedPackages()
    .filter(published => published.version !== version)
    .map(published => `expected ${published.name} to have version ${version}, got ${published.version}.`)
  const changed = git('status', '--porcelain')
  if (changed !== '') problems.push(`Expected a clean checkout, got:\n${changed}`)
  if (!git('tag', '--points-at', 'HEAD').split('\n').includes(`v${version}`))
    problems.push(`Expected the tag v${version} on this commit, got none; npm run release:version makes it.`)
  if (!readText('CHANGELOG.md').includes(`\n## [${version}]`))
    problems.push(`Expected a heading [${version}] in CHANGELOG.md, got none.`)
  return problems
}

/** Of `exports`: the modules before they are joined, which only the tests of a checkout ask for; they are not published. */
const CHECKOUT_CONDITION = 'hermes-svc-source'

/** What publint has against a tarball, one line each. */
export async function tarballProblems({name, path}) {
  const bytes = readFileSync(path)
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  const {messages, pkg} = await publint({pack: {tarball}})
  const meant = messages.filter(({path}) => !path.includes(CHECKOUT_CONDITION))
  return meant.map(message => `${name}: ${formatMessage(message, pkg, {color: false})}`)
}
