import type {WindowsProcess} from '@hermes-svc/core/windows-processes'
import test from 'ava'
import {endWindowsOrphans} from '../dist/end-orphan.js'
import {isRunner} from '../dist/windows-runner.js'

const STARTED = Date.parse('2026-01-01T00:00:00.000Z')
const gateway = {pid: 400, startTime: null, bootId: null, pidNamespace: null}

function each(pid: number, parent: number, afterMs: number, commandLine = ''): WindowsProcess {
  return {pid, parent, createdAtMs: STARTED + afterMs, commandLine}
}

test('of what the last gateway started, that is ended which it had started when its runner wrote last', async t => {
  let processes = [
    each(404, 400, 50),
    each(408, 404, 900_000),
    each(412, 400, 60_001),
    each(416, 400, -60_000),
    each(420, 400, 100, '"C:\\node.exe" "C:\\x\\node_modules\\@hermes-svc\\runner\\dist\\main.js" C:\\d'),
  ]
  const left = await endWindowsOrphans({gateway, startedAt: new Date(STARTED).toISOString()}, STARTED + 60_000, {
    spares: isRunner,
    list: () => Promise.resolve(processes),
    kill: pid => (processes = processes.filter(process => process.pid !== pid)),
  })
  t.deepEqual(left, [])
  t.deepEqual(
    processes.map(({pid}) => pid),
    [412, 416, 420],
  )
})

test('without an earlier gateway no process is looked for', async t => {
  const list = (): Promise<never> => Promise.reject(new Error('asked'))
  const startedAt = new Date(STARTED).toISOString()
  for (const previous of [null, {gateway: null, startedAt}, {gateway, startedAt: null}])
    t.deepEqual(await endWindowsOrphans(previous, STARTED, {list}), [])
})

test('a runner is known by its program, and nothing else is taken for one', t => {
  const isOne = (commandLine: string): boolean => isRunner(each(1, 0, 0, commandLine))
  t.true(isOne('node --single-threaded "D:\\my tools\\packages\\runner\\dist\\main.js" C:\\d\\embedded'))
  t.true(isOne('node.exe C:/x/@hermes-svc/Runner/dist/main.js C:\\d'))
  t.true(isOne('node.exe C:/x/@hermes-svc/runner/bundle/main.js C:\\d'))
  t.true(isOne('node.exe C:/x/@hermes-svc/runner/bundle/main.cjs C:\\d'))
  for (const other of [
    '',
    'node C:\\x\\runner\\dist\\main.jsx',
    'node C:\\x\\hermes\\dist\\main.js',
    'python runner.py',
  ])
    t.false(isOne(other), other)
})
