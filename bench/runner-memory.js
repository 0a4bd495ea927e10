// Measures idle runners: node bench/runner-memory.js [rounds] [--compare]
// RSS counts pages that all Node processes share; the private part is what one more gateway costs.
import {RUNNER_FLAGS} from '../packages/runner/dist/index.js'
import {median} from './figures.js'
import {measureIdleRunner} from './idle-runner.js'

const rounds = Number(process.argv.find(each => /^\d+$/.test(each)) ?? 5)
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

const rows = []
for (const flags of variants) {
  const row = {flags: flags.join(' ') || '(none)'}
  try {
    const results = []
    for (let round = 0; round < rounds; round += 1) results.push(await measureIdleRunner(flags))
    for (const key of ['rssKiB', 'privateKiB', 'launchMs'])
      row[key] = Math.round(median(results.map(each => each[key])))
  } catch (error) {
    row.failed = error.message
  }
  rows.push(row)
}
console.table(rows)
console.log(JSON.stringify({node: process.version, platform: process.platform, rounds, rows}))
