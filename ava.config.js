// Node reads the file that this names at every start, which costs each of our many short processes 38 ms.
delete process.env.NODE_EXTRA_CA_CERTS

const UNIT = ['packages/*/dist-test/**/*.test.js', 'packages/core/conformance/dist-test/**/*.test.js']
const INTEGRATION = ['integration/*/dist-test/**/*.test.js']

// Tests wait for real processes most of the time; those of integration keep the processors busier.
const which =
  process.env.HERMES_SVC_INTEGRATION === '1' ? {files: INTEGRATION, concurrency: 4} : {files: UNIT, concurrency: 4}

export default {
  ...which,
  // Tests change the directory, the environment and the effective user: only a process of its own has those.
  workerThreads: false,
  timeout: '2m',
}
