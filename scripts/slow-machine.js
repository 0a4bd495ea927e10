// What the longer run leaves to faster machines. In a virtual machine within another, where memory that is touched for the first time is
// dear, every start of a program takes three to four times as long, and these files alone would take longer than CI may.
import {spawnSync} from 'node:child_process'

/** Twice what a start of Node takes on the machines that the longest times in these tests are made for. */
const SLOW_START_MS = 45
const STARTS = 7

const LEFT_OUT = [
  'integration/embedded/dist-test/kill-cli.test.js',
  'integration/launchd/dist-test/conformance-faults.test.js',
  'integration/launchd/dist-test/fake-machines.test.js',
  'integration/node/dist-test/node.test.js',
  'integration/s6/dist-test/kill-cli.test.js',
  'integration/systemd/dist-test/kill-cli.test.js',
  'integration/windows/dist-test/conformance-tasks.test.js',
  'integration/wine/dist-test/verify-lifecycle.test.js',
  'integration/wine/dist-test/verify-windows.test.js',
  'packages/core/conformance/dist-test/mutants-even.test.js',
]

/** The least that a start of Node takes here, milliseconds. */
function nodeStartMs() {
  const env = {...process.env}
  delete env.NODE_EXTRA_CA_CERTS
  const times = Array.from({length: STARTS}, () => {
    const started = performance.now()
    spawnSync(process.execPath, ['-e', '0'], {env})
    return performance.now() - started
  })
  return Math.min(...times)
}

/** Files that are left out here, and why; none on a machine that is fast enough, or where all rounds are asked for. */
export function leftOut() {
  if (process.env.HERMES_SVC_ALL_ROUNDS === '1') return {files: [], reason: ''}
  const ms = nodeStartMs()
  if (ms < SLOW_START_MS) return {files: [], reason: ''}
  return {
    files: LEFT_OUT,
    reason: `a start of Node takes ${ms.toFixed(0)} ms here, more than ${String(SLOW_START_MS)}; HERMES_SVC_ALL_ROUNDS=1 runs it all the same`,
  }
}
