import {existsSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {eventually} from '../../testing/dist/eventually.js'
import {Machine} from './machine.js'

/** As Hermes does: asked by SIGUSR1 it finishes a turn, and ends with 75, or with what is written in its file. */
const DRAINING = `asked=no
trap 'asked=yes' USR1
trap 'exit 0' TERM
echo >"\${0%/*}/$1.up"
while [ $asked = no ]; do sleep 0.05 & wait $!; done
sleep 0.3
read -r code 2>/dev/null <"\${0%/*}/$1.code" || code=75
[ "$code" != never ] || while :; do sleep 0.05; done
exit "$code"
`

async function fleet(t: ExecutionContext, ...profiles: readonly string[]): Promise<Machine> {
  const machine = new Machine(t)
  writeFileSync(join(machine.directory, 'gateway.sh'), DRAINING)
  for (const profile of profiles) {
    const {code, stderr} = await machine.install(profile)
    t.is(code, 0, stderr)
    await eventually(`${profile} heeds signals`, () => existsSync(join(machine.directory, `${profile}.up`)))
  }
  return machine
}

function pidsOf(machine: Machine, ...profiles: readonly string[]): (number | undefined)[] {
  return profiles.map(profile => machine.gateways(profile)[0])
}

test('a rolling restart gives each gateway that runs another process, and never has two of them down', async t => {
  const machine = await fleet(t, 'ops', 'web-1', 'web-2', 'web-3')
  t.is((await machine.run(['gateway', 'stop', 'ops'])).code, 0)
  const before = pidsOf(machine, 'web-1', 'web-2', 'web-3')
  let fewest = 3
  const watch = setInterval(() => {
    fewest = Math.min(fewest, machine.gateways().length)
  }, 10)
  const {code, stdout, stderr} = await machine.run(['gateway', 'restart', '--all', '--drain'])
  clearInterval(watch)
  t.is(code, 0, stderr)
  t.deepEqual(
    stdout.split('\n').map(line => line.replace(/ \(.*?\)/, '')),
    ['- ops stopped: left as it is', '✓ web-1 running', '✓ web-2 running', '✓ web-3 running', ''],
  )
  t.true(fewest >= 2)
  const after = pidsOf(machine, 'web-1', 'web-2', 'web-3')
  t.true(after.every((pid, index) => pid !== undefined && pid !== before[index]))
  t.deepEqual(machine.gateways('ops'), [])
  const {gateways = []} = await machine.json(['gateway', 'list', '--wanted', 'up'])
  t.deepEqual(
    gateways.map(({pid, restarts, lastExit}) => [pid, restarts, lastExit?.code]),
    after.map(pid => [pid, 1, 75]),
  )
})

test('a rolling restart ends with the first gateway that fails, and does not touch those that follow', async t => {
  const machine = await fleet(t, 'web-1', 'web-2', 'web-3')
  const [first, , third] = pidsOf(machine, 'web-1', 'web-2', 'web-3')
  writeFileSync(join(machine.directory, 'web-2.code'), '78\n')
  const answer = await machine.json(['gateway', 'restart', 'web-*', '--drain'])
  t.is(answer.code, 3)
  t.like(answer, {
    errors: [{profile: 'web-2', code: 'HSVC_START_FAILED'}],
    summary: {asked: 3, succeeded: 1, failed: 1, left: [], notReached: ['web-3']},
  })
  t.not(pidsOf(machine, 'web-1')[0], first)
  t.is(pidsOf(machine, 'web-3')[0], third)
  const parked = await machine.row('web-2')
  t.like(parked, {state: 'failed', wanted: 'up', lastExit: {code: 78}})
})

test('a gateway that does not finish in time is not killed', async t => {
  const machine = await fleet(t, 'web-1', 'web-2')
  const before = pidsOf(machine, 'web-1', 'web-2')
  writeFileSync(join(machine.directory, 'web-1.code'), 'never\n')
  const {code, stderr} = await machine.run(['gateway', 'restart', '--all', '--drain', '--timeout', '2s'])
  t.is(code, 75)
  t.regex(stderr, /drain of web-1 was not done after 2 s; it is running[^]*not touched: web-2/)
  t.deepEqual(pidsOf(machine, 'web-1', 'web-2'), before)
})
