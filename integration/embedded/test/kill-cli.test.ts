import {fileURLToPath} from 'node:url'
import test, {type ExecutionContext} from 'ava'
import {eventually} from '../../testing/dist/eventually.js'
import {Machine} from './machine.js'

const PRELOAD = fileURLToPath(new URL('../kill-at-step.js', import.meta.url))
const MOST_STEPS = 200

/** What must be true after any kill: nothing doubled, and the list tells the truth. */
async function assertTruth(t: ExecutionContext, machine: Machine, when: string): Promise<void> {
  t.true(machine.gateways('one').length <= 1, `${when}: two gateways`)
  t.true(machine.runners().length <= 1, `${when}: two runners`)
  const answer = await machine.json(['gateway', 'list'])
  t.is(answer.code, 0, when)
  t.true(answer.complete, when)
  for (const {pid, state} of answer.gateways ?? []) {
    if (state === 'running') t.deepEqual(machine.gateways('one'), [pid], `${when}: a false report`)
  }
}

/** Kills the verb at its first step, its second, … in a fresh place each, until it gets through. */
async function killAtEveryStep(
  t: ExecutionContext,
  verb: readonly string[],
  prepare: (machine: Machine) => Promise<unknown>,
  check: (machine: Machine, when: string) => Promise<void>,
): Promise<void> {
  let step = 1
  for (; step <= MOST_STEPS; step += 1) {
    const machine = new Machine(t)
    await prepare(machine)
    const env = {NODE_OPTIONS: `--import=${PRELOAD}`, HERMES_KILL_STEP: String(step)}
    const argv = verb[0] === 'install' || verb[0] === 'register' ? ['--', ...machine.argv()] : []
    const {code, signal, stderr} = await machine.run(['gateway', ...verb, ...argv], env)
    const when = `${verb.join(' ')}, killed before change ${String(step)}`
    // What the killed program started may still be on its way.
    await eventually(
      'a runner has its gateway',
      () => machine.runners().length === 0 || machine.gateways().length > 0 || undefined,
    ).catch(() => undefined)
    await assertTruth(t, machine, when)
    await check(machine, when)
    const removed = await machine.run(['gateway', 'uninstall', 'one'])
    t.is(removed.code, 0, `${when}: ${removed.stderr}`)
    t.deepEqual(machine.gateways(), [], `${when}: left a gateway`)
    t.deepEqual(machine.stateFiles(), [], `${when}: left files`)
    machine.killAll()
    if (signal === null) {
      t.is(code, 0, stderr)
      break
    }
  }
  t.log(`${verb.join(' ')}: killed at each of ${String(step - 1)} changes`)
  t.true(step > 3 && step < MOST_STEPS)
}

async function assertRuns(t: ExecutionContext, machine: Machine, when: string): Promise<void> {
  const row = await machine.row('one')
  t.is(row.state, 'running', when)
  t.deepEqual(machine.gateways('one'), [row.pid], when)
}

test('install killed at any instruction is made whole by the next install', async t => {
  await killAtEveryStep(
    t,
    ['install', 'one'],
    () => Promise.resolve(),
    async (machine, when) => {
      const again = await machine.install('one')
      t.is(again.code, 0, `${when}: ${again.stderr}`)
      await assertRuns(t, machine, when)
    },
  )
})

test('stop killed at any instruction is made whole by the next stop', async t => {
  await killAtEveryStep(
    t,
    ['stop', 'one'],
    machine => machine.install('one'),
    async (machine, when) => {
      const again = await machine.run(['gateway', 'stop', 'one'])
      t.is(again.code, 0, `${when}: ${again.stderr}`)
      const {state, wanted} = await machine.row('one')
      t.deepEqual([state, wanted, machine.gateways().length], ['stopped', 'down', 0], when)
    },
  )
})

test('restart killed at any instruction is made whole by the next restart', async t => {
  await killAtEveryStep(
    t,
    ['restart', 'one'],
    machine => machine.install('one'),
    async (machine, when) => {
      const again = await machine.run(['gateway', 'restart', 'one'])
      t.is(again.code, 0, `${when}: ${again.stderr}`)
      await assertRuns(t, machine, when)
    },
  )
})

test('an update killed at any instruction leaves the old definition or the new one', async t => {
  await killAtEveryStep(
    t,
    ['install', 'one', '--port', '4002'],
    machine => machine.install('one', '--port', '4001'),
    async (machine, when) => {
      const {port} = await machine.row('one')
      t.true(port === 4001 || port === 4002, `${when}: port ${String(port)}`)
      const again = await machine.install('one', '--port', '4002')
      t.is(again.code, 0, `${when}: ${again.stderr}`)
      await assertRuns(t, machine, when)
      t.is((await machine.row('one')).port, 4002, when)
    },
  )
})

test('start killed at any instruction is made whole by the next start', async t => {
  await killAtEveryStep(
    t,
    ['start', 'one'],
    machine => machine.install('one', '--no-start'),
    async (machine, when) => {
      const again = await machine.run(['gateway', 'start', 'one'])
      t.is(again.code, 0, `${when}: ${again.stderr}`)
      await assertRuns(t, machine, when)
    },
  )
})

test('register killed at any instruction leaves a registered gateway or none', async t => {
  await killAtEveryStep(
    t,
    ['register', 'one'],
    () => Promise.resolve(),
    async (machine, when) => {
      const again = await machine.run(['gateway', 'register', 'one', '--', ...machine.argv()])
      t.true(again.code === 0 || again.code === 73, `${when}: ${again.stderr}`)
      const start = await machine.run(['gateway', 'start', 'one'])
      t.is(start.code, 0, `${when}: ${start.stderr}`)
      await assertRuns(t, machine, when)
    },
  )
})

test('uninstall killed at any instruction is made whole by the next uninstall', async t => {
  await killAtEveryStep(
    t,
    ['uninstall', 'one'],
    machine => machine.install('one'),
    () => Promise.resolve(),
  )
})
