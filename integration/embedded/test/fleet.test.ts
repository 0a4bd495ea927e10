import test from 'ava'
import {eventually} from '../../testing/dist/eventually.js'
import {Machine} from './machine.js'

/** Runs the jobs a few at a time: the machine has few cores, and each job is a Node start. */
async function inParallel<T>(jobs: readonly (() => Promise<T>)[], width: number): Promise<T[]> {
  const results: T[] = []
  const queue = [...jobs]
  const worker = async (): Promise<void> => {
    for (let job = queue.shift(); job; job = queue.shift()) results.push(await job())
  }
  await Promise.all(Array.from({length: width}, worker))
  return results
}

test('a hundred gateways: none lost, none doubled, and the list tells the truth', async t => {
  const machine = new Machine(t)
  const names = Array.from({length: 100}, (_, index) => `g${String(index).padStart(3, '0')}`)
  const installs = await inParallel(
    names.map(name => () => machine.install(name)),
    4,
  )
  t.deepEqual(
    installs.filter(({code}) => code !== 0).map(({stderr}) => stderr),
    [],
  )
  const pidsByName = async (): Promise<[string, number | null][]> => {
    const {gateways = [], complete} = await machine.json(['gateway', 'list'])
    t.true(complete)
    t.true(gateways.every(({state}) => state === 'running'))
    return gateways.map(({profile, pid}) => [profile, pid])
  }
  const before = await pidsByName()
  t.deepEqual(
    before.map(([name]) => name),
    names,
  )
  t.deepEqual(machine.gateways().sort(), before.map(([, pid]) => pid ?? 0).sort())
  t.is(machine.runners().length, 100)

  for (const [, pid] of before) process.kill(pid ?? 0, 'SIGKILL')
  await eventually(
    'a hundred others run',
    () => machine.gateways().length === 100 && !machine.gateways().some(pid => before.some(([, old]) => old === pid)),
  )
  const after = await pidsByName()
  t.deepEqual(machine.gateways().sort(), after.map(([, pid]) => pid ?? 0).sort())

  const stopped = await machine.json(['gateway', 'stop', '--all'])
  t.is(stopped.code, 0)
  t.deepEqual(machine.gateways(), [])
  t.deepEqual(machine.runners(), [])
  const removed = await machine.run(['gateway', 'uninstall', ...names])
  t.is(removed.code, 0, removed.stderr)
  t.deepEqual(machine.stateFiles(), [])
})

test('twenty programs that change one gateway at a time leave one definition and one process', async t => {
  const machine = new Machine(t)
  t.is((await machine.install('one', '--port', '4000')).code, 0)
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, machine.gateways('one').length)
  }, 5)
  const verbs = Array.from({length: 20}, (_, index) => {
    if (index % 4 === 0) return () => machine.install('one', '--port', String(4001 + index), '--timeout', '2m')
    const verb = ['start', 'stop', 'restart'][index % 3] ?? 'start'
    // Each waits for all those before it.
    return () => machine.run(['gateway', verb, 'one', '--timeout', '2m'])
  })
  const runs = await Promise.all(verbs.map(verb => verb()))
  clearInterval(watch)
  for (const {code, stderr} of runs) t.is(code, 0, stderr)
  t.is(most, 1, 'never two at a time')
  const row = await machine.row('one')
  t.deepEqual(machine.gateways('one'), row.wanted === 'up' ? [row.pid] : [])
  t.is(row.state, row.wanted === 'up' ? 'running' : 'stopped')
  t.true([4001, 4005, 4009, 4013, 4017].includes(row.port ?? 0))
  const [shown] = (await machine.json(['gateway', 'status', 'one'])).gateways ?? []
  t.is(shown?.drift, false, 'record and definition are of one and the same install')
  t.is((await machine.run(['gateway', 'uninstall', 'one'])).code, 0)
  t.deepEqual([machine.stateFiles(), machine.gateways(), machine.runners()], [[], [], []])
})

test('a gateway and its runner killed again and again: it runs once, or reconcile says what was mended', async t => {
  const machine = new Machine(t)
  t.is((await machine.install('one')).code, 0)
  for (let round = 0; round < 10; round += 1) {
    const [runner = 0] = machine.runners()
    const [gateway = 0] = machine.gateways('one')
    process.kill(runner, 'SIGKILL')
    if (round % 2 === 0) process.kill(gateway, 'SIGKILL')
    await eventually(
      'they are gone',
      () => machine.runners().length === 0 && (round % 2 === 1 || machine.gateways().length === 0),
    )
    const row = await machine.row('one')
    t.is(row.state, round % 2 === 0 ? 'stopped' : 'running')
    t.deepEqual(machine.gateways('one'), row.pid === null ? [] : [row.pid])
    const reconciled = await machine.run(['gateway', 'reconcile'])
    t.is(reconciled.code, 0, reconciled.stderr)
    t.is(machine.gateways('one').length, 1)
    t.is(machine.runners().length, 1)
    t.not(machine.gateways('one')[0], gateway)
  }
})
