// What the tests do otherwise on slow machines. In a virtual machine within another, where memory that is touched for the first time is
// dear, every start of a program takes three to four times as long, and the files that are left out would take longer alone than CI may.
import {spawnSync} from 'node:child_process'

/** Twice what a start of Node takes on the machines that the longest times in these tests are made for. */
const SLOW_START_MS = 45
const STARTS = 7
/** The processors there are most often. */
const FILES_AT_ONCE = 2

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

/**
 * What the tests do otherwise on a machine that starts programs slowly: fewer files at once, lest what they wait for takes longer than they
 * wait; and the longer run leaves the longest files out, but for where all rounds are asked for.
 */
export function slowMachine() {
  const ms = nodeStartMs()
  if (ms < SLOW_START_MS) return {leftOut: [], reason: ''}
  return {
    concurrency: FILES_AT_ONCE,
    leftOut: process.env.HERMES_SVC_ALL_ROUNDS === '1' ? [] : LEFT_OUT,
    reason: `a start of Node takes ${ms.toFixed(0)} ms here, more than ${String(SLOW_START_MS)}; HERMES_SVC_ALL_ROUNDS=1 runs it all the same`,
  }
}
