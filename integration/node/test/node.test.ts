// The tests of packages/ under newer versions of Node, each under one of them: what differs between versions is how files,
// processes and modules are handled, and that shows in either. All of them under both took too long.
import {spawn} from 'node:child_process'
import {rmSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import test from 'ava'
import {collectRun, whyNotPrograms} from '../../testing/dist/program-run.js'
import {nodeDirectory} from './node-release.js'

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))
const AVA = 'node_modules/ava/entrypoints/cli.mjs'
const LONGEST_MS = 540_000

const RELEASES = {
  '22.23.3': ['packages/core/dist-test/**/*.test.js', 'packages/runner/dist-test/**/*.test.js'],
  '24.21.0': ['packages/backend-embedded/dist-test/**/*.test.js', 'packages/cli/dist-test/**/*.test.js'],
}

/** The titles of tests that failed, each with what is said of it; and the closing figures. */
function readTap(output: string) {
  const lines = output.split('\n')
  const starts = lines.flatMap((line, index) => (line.startsWith('not ok ') ? [index] : []))
  const failures = starts.map(start => {
    const end = lines.findIndex((line, index) => index > start && /^(not )?ok |^1\.\./.test(line))
    return lines.slice(start, end).join('\n')
  })
  const count = (name: string) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
  return {failures, pass: count('pass'), skip: count('skip')}
}

const reason = process.platform === 'linux' ? whyNotPrograms('flock', 'npm') : 'needs Linux'

for (const [version, files] of Object.entries(RELEASES)) {
  const title = `Node ${version} passes the tests of the packages`
  if (reason !== '') {
    test.skip(`${title} (${reason})`, t => t.pass())
    continue
  }
  // One after the other: the tests measure time.
  test.serial(title, async t => {
    t.timeout(LONGEST_MS)
    const directory = await nodeDirectory(version)
    t.teardown(() => {
      rmSync(directory, {recursive: true})
    })
    const {HERMES_SVC_INTEGRATION: _, ...env} = process.env
    const child = spawn(join(directory, 'node'), [AVA, '--tap', '--concurrency=2', ...files], {
      cwd: REPOSITORY,
      env: {...env, PATH: `${directory}:${env['PATH'] ?? ''}`},
      stdio: 'pipe',
    })
    const {code, stdout, stderr} = await collectRun(child, '', LONGEST_MS)
    const {failures, pass, skip} = readTap(stdout)
    t.log(`${String(pass)} passed, ${String(failures.length)} failed, ${String(skip)} skipped`)
    t.is(failures.length, 0, failures.join('\n'))
    t.is(code, 0, stderr)
    t.true(pass > 300)
  })
}
