// npm test [-- FILE…]: builds, runs the tests and says what was skipped. --integration runs those of integration/.
import {spawn, spawnSync} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {chmodSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {ensurePackages} from './debian-packages.js'
import {findLeftovers} from './leftovers.js'
import {slowMachine} from './slow-machine.js'
import {TapReader} from './tap-reader.js'

const PROGRESS_EVERY = 25
const SLOWEST_FILES = 12
const MINUTE_MS = 60_000

const started = Date.now()
const isIntegration = process.argv.includes('--integration')
/** Long past what they take: somebody wants to know what does not end. */
const LONGEST_MS = (isIntegration ? 65 : 45) * MINUTE_MS
const files = process.argv.slice(2).filter(argument => !argument.startsWith('-'))
const problems = []

function elapsed() {
  return `${String(Math.round((Date.now() - started) / 1000))} s`
}

/** The tools as files for Node: the links in .bin have another form on Windows. */
const TOOLS = {
  ava: 'ava/entrypoints/cli.mjs',
  tsc: 'typescript/bin/tsc',
}

function spawnTool(name, args, options) {
  const file = join(import.meta.dirname, '..', 'node_modules', TOOLS[name])
  return spawn(process.execPath, [file, ...args], options)
}

/** Runs one of the repository's tools; its output goes where ours goes. */
async function run(name, args) {
  const child = spawnTool(name, args, {stdio: ['ignore', 'inherit', 'inherit']})
  const [code] = await once(child, 'close')
  return code === 0
}

async function check(title, name, args) {
  console.log(`${title} …`)
  const isGood = await run(name, args)
  if (!isGood) problems.push(`${title} failed`)
  return isGood
}

const times = new Map()

/** Remembers when the first and the last test of a file ended. */
function noteTime(title) {
  const file = title.split(' › ').slice(0, -1).join('/')
  times.set(file, {first: Date.now(), ...times.get(file), last: Date.now()})
}

/** What to look at first when the tests take too long. */
function reportSlowest() {
  const rows = [...times].map(([file, {first, last}]) => ({file, from: first - started, to: last - started}))
  const slowest = rows.sort((a, b) => b.to - b.from - (a.to - a.from)).slice(0, SLOWEST_FILES)
  const seconds = ms => String(Math.round(ms / 1000))
  console.log('\nlongest, from the end of the first test to that of the last:')
  for (const {file, from, to} of slowest)
    console.log(`  ${seconds(to - from)} s  ${file} (${seconds(from)} to ${seconds(to)} s)`)
}

/** Runs ava in a temporary directory and an environment of its own, by which whatever it leaves behind is found. */
async function runTests() {
  const directory = mkdtempSync(join(tmpdir(), 'hs-'))
  // Some tests act as another account.
  chmodSync(directory, 0o1777)
  const runId = randomBytes(8).toString('hex')
  const env = {...process.env, TMPDIR: directory, HERMES_SVC_TEST_RUN: runId, FORCE_COLOR: '0'}
  const {concurrency, leftOut, reason} = slowMachine()
  const without = isIntegration && files.length === 0 ? leftOut : []
  if (isIntegration) env.HERMES_SVC_INTEGRATION = '1'
  env.HERMES_SVC_WITHOUT = without.join(',')
  const reader = new TapReader({
    onResult(title, hasFailed) {
      noteTime(title)
      if (hasFailed) console.log(`FAILED ${title}`)
      else if (reader.ended % PROGRESS_EVERY === 0) console.log(`${String(reader.ended)} tests, ${elapsed()}`)
    },
    onDetail(line) {
      console.log(line)
    },
  })
  const atOnce = concurrency === undefined ? [] : ['--concurrency', String(concurrency)]
  const ava = spawnTool('ava', ['--tap', ...atOnce, ...files], {env, stdio: ['ignore', 'pipe', 'inherit']})
  createInterface({input: ava.stdout}).on('line', line => {
    reader.read(line)
  })
  const tooLong = setTimeout(() => {
    problems.push(`the tests did not end within ${String(LONGEST_MS / MINUTE_MS)} minutes`)
    // It says which tests are left.
    ava.kill('SIGINT')
  }, LONGEST_MS)
  const [code] = await once(ava, 'close')
  clearTimeout(tooLong)
  for (const leftover of await findLeftovers(`HERMES_SVC_TEST_RUN=${runId}`, directory)) {
    problems.push(`left behind by a test: ${leftover}`)
  }
  rmSync(directory, {recursive: true, force: true})
  if (without.length > 0)
    console.log(`\nskipped, not among the counts: ${reason}:\n${without.map(file => `  ${file}`).join('\n')}`)
  if (code !== 0 && reader.counts.fail === 0) problems.push(`ava ended with ${String(code)}`)
  if (reader.counts.pass + reader.counts.fail === 0) problems.push('no test ran')
  return reader
}

function report({counts, failed, skipped}) {
  reportSlowest()
  if (skipped.length > 0) console.log(`\nskipped:\n${skipped.map(title => `  ${title}`).join('\n')}`)
  const broken = [...failed.flatMap(({title, reason}) => [title, ...reason]), ...problems]
  if (broken.length > 0) console.log(`\nfailed:\n${broken.map(line => `  ${line}`).join('\n')}`)
  const failures = counts.fail + problems.length
  console.log(`\nbuild and tests in ${elapsed()}`)
  console.log(`${String(counts.pass)} passed, ${String(failures)} failed, ${String(counts.skip)} skipped`)
  process.exitCode = failures === 0 ? 0 : 1
}

/** What is started as a program is started as published. */
function joinModules() {
  const {status} = spawnSync(process.execPath, [join(import.meta.dirname, 'bundle.js')], {stdio: 'inherit'})
  if (status !== 0) problems.push('the modules could not be joined')
  return status === 0
}

/** As published, the program need not import every command to know them; tests start it thousands of times. */
function writeManifest() {
  const cli = join(import.meta.dirname, '..', 'packages', 'cli')
  const {status} = spawnSync(process.execPath, [join(cli, 'scripts', 'write-manifest.js'), cli], {stdio: 'inherit'})
  if (status !== 0) problems.push('oclif.manifest.json could not be written')
  // One that is there would be taken for the truth when a command is changed.
  process.on('exit', () => rmSync(join(cli, 'oclif.manifest.json'), {force: true}))
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
}

if ((await check('build', 'tsc', ['-b'])) && joinModules()) {
  ensurePackages(isIntegration)
  writeManifest()
  console.log('tests …')
  report(await runTests())
} else {
  report(new TapReader({}))
}
