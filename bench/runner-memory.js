// Measures idle runners: node bench/runner-memory.js [rounds] [--compare]
// RSS counts pages that all Node processes share; the private part is what one more gateway costs.
import {spawn} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {RUNNER_FLAGS, writeRunnerFiles} from '../packages/runner/dist/index.js'

const rounds = Number(process.argv.find(each => /^\d+$/.test(each)) ?? 5)
const main = fileURLToPath(new URL('../packages/runner/dist/main.js', import.meta.url))
const variants = process.argv.includes('--compare')
  ? [
      [],
      ['--max-semi-space-size=1'],
      ['--max-old-space-size=16'],
      ['--v8-pool-size=0'],
      ['--single-threaded'],
      ['--jitless'],
      ['--lite-mode'],
      ['--no-opt'],
      ['--optimize-for-size'],
      ['--lazy-feedback-allocation'],
      ['--stack-size=256'],
      ['--no-experimental-fetch', '--no-experimental-global-webcrypto', '--no-experimental-global-customevent'],
      RUNNER_FLAGS,
    ]
  : [RUNNER_FLAGS]

const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

async function measure(flags) {
  const root = mkdtempSync(join(tmpdir(), 'hermes-svc-bench-'))
  const directory = join(root, 'gateway')
  writeRunnerFiles(
    directory,
    {
      schemaVersion: 1,
      name: 'bench',
      argv: ['/bin/sleep', '1000'],
      cwd: '/',
      restart: {
        delayMs: 1000,
        maxDelayMs: 1000,
        windowMs: 1000,
        giveUpAfter: null,
        fatalExitCodes: [],
        cleanExitCodes: [],
      },
      stopTimeoutMs: 1000,
      logs: {directory: join(root, 'logs'), files: 2, sizeBytes: 1e6},
      socketDirectories: [join(root, 'run')],
      labels: {},
    },
    {},
  )
  const started = performance.now()
  const child = spawn(process.execPath, [...flags, main, directory], {
    cwd: '/',
    env: {HERMES_SVC_RUNNER: '1'},
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const [reply] = await new Promise((resolve, reject) => {
    child.stdio[3].once('data', text => resolve([String(text)]))
    child.once('exit', code => reject(new Error(`${flags.join(' ')}: ended with ${code}`)))
  })
  if (!reply.includes('running')) throw new Error(reply)
  const launchMs = performance.now() - started
  await delay(2000)
  const text = readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8')
  const kilobytes = name => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)[1])
  const result = {
    rssKiB: kilobytes('Rss'),
    privateKiB: kilobytes('Private_Clean') + kilobytes('Private_Dirty'),
    launchMs,
  }
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
  rmSync(root, {recursive: true})
  return result
}

const rows = []
for (const flags of variants) {
  const row = {flags: flags.join(' ') || '(none)'}
  try {
    const results = []
    for (let round = 0; round < rounds; round += 1) results.push(await measure(flags))
    for (const key of ['rssKiB', 'privateKiB', 'launchMs'])
      row[key] = Math.round(median(results.map(each => each[key])))
  } catch (error) {
    row.failed = error.message
  }
  rows.push(row)
}
console.table(rows)
console.log(JSON.stringify({node: process.version, platform: process.platform, rounds, rows}))
