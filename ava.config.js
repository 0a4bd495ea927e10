// Node reads the file that this names at every start, which costs each of our many short processes 38 ms.
delete process.env.NODE_EXTRA_CA_CERTS

/** What takes longest comes first, or the last file runs on while nothing else is left; waiting ones beside busy ones. */
const LONGEST = [
  'wine/dist-test/verify-windows',
  'wine/dist-test/verify-lifecycle',
  'backend-s6/dist-test/conformance',
  'backend-embedded/dist-test/conformance',
  'backend-systemd/dist-test/conformance',
  'launchd/dist-test/conformance-faults',
  'cli/dist-test/fast',
  'conformance/dist-test/mutants',
  'node/dist-test/node',
  'launchd/dist-test/conformance-calm',
  'systemd/dist-test/kill-cli',
  'windows/dist-test/conformance-tasks',
  's6/dist-test/kill-cli',
  'windows/dist-test/conformance-startup',
  'launchd/dist-test/fake-machines',
  'launchd/dist-test/fake',
  'release/dist-test/release',
  'systemd/dist-test/fleet',
  'embedded/dist-test/fleet',
]

function rank(file) {
  const place = LONGEST.findIndex(part => file.includes(part))
  return place === -1 ? LONGEST.length : place
}

/** Half of the broken backends are left to the longer run. */
const LATER = 'packages/core/conformance/dist-test/mutants-even.test.js'

const UNIT = {
  files: ['packages/*/dist-test/**/*.test.js', 'packages/core/conformance/dist-test/**/*.test.js', `!${LATER}`],
  concurrency: 4,
}
// They wait for real processes more often.
const INTEGRATION = {files: ['integration/*/dist-test/**/*.test.js', LATER], concurrency: 5}

/** Files that are left to faster machines (scripts/slow-machine.js). */
const without = (process.env.HERMES_SVC_WITHOUT ?? '').split(',').filter(Boolean)
const {files, concurrency} = process.env.HERMES_SVC_INTEGRATION === '1' ? INTEGRATION : UNIT

export default {
  files: [...files, ...without.map(file => `!${file}`)],
  concurrency,
  sortTestFiles: (a, b) => rank(a) - rank(b) || a.localeCompare(b),
  // Tests change the directory, the environment and the effective user: only a process of its own has those.
  workerThreads: false,
  // A test has the modules that tsc made, also where it names a package: of the joined ones it would get another copy.
  nodeArguments: ['--conditions=hermes-svc-source'],
  timeout: '2m',
}
