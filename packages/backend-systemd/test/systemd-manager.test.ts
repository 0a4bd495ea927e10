import test, {type ExecutionContext} from 'ava'
import {Bus} from '../dist/bus.js'
import {SystemdManager} from '../dist/systemd-manager.js'
import {admit, type Answers, listen, type Message} from './fake-bus.js'
import {eventually} from './user-manager.js'

async function speakTo(t: ExecutionContext, onMessage: (message: Message, answers: Answers) => void) {
  const bus = await Bus.open({socket: await listen(t, admit(onMessage)), direct: true})
  t.teardown(() => {
    bus.close()
  })
  return new SystemdManager(bus)
}

test('whoever asks for a reload while one is under way shares the next one', async t => {
  const held: Answers[] = []
  const manager = await speakTo(t, (_, answers) => held.push(answers))
  const order: string[] = []
  const first = manager.reload().then(() => order.push('first'))
  const others = [1, 2, 3].map(async () => manager.reload().then(() => order.push('other')))
  await eventually('a reload is asked for', () => held.length === 1)
  held[0]?.nothing()
  await first
  await eventually('another one is asked for', () => held.length === 2)
  t.deepEqual(order, ['first'])
  held[1]?.nothing()
  await Promise.all(others)
  t.is(held.length, 2)
})

test('a reload that fails fails for who asked for it, and not for those who share the next one', async t => {
  let asked = 0
  const manager = await speakTo(t, (_, answers) => {
    asked += 1
    if (asked === 1) answers.error('org.freedesktop.DBus.Error.Failed', 'no')
    else answers.nothing()
  })
  const first = manager.reload()
  const others = [manager.reload(), manager.reload()]
  await t.throwsAsync(first, {message: 'no'})
  await t.notThrowsAsync(Promise.all(others))
  await t.notThrowsAsync(manager.reload())
  t.is(asked, 3)
})

test('a property that this version does not have is left out; another failure is one', async t => {
  const manager = await speakTo(t, ({body: [, name] = []}, answers) => {
    if (name === 'MainPID') answers.values('v', ['u', 17])
    else if (name === 'RestartUSecNext') answers.error('org.freedesktop.DBus.Error.UnknownProperty', 'what?')
    else answers.error('org.freedesktop.DBus.Error.Failed', 'no')
  })
  t.deepEqual(await manager.unitProperties('/x', ['MainPID', 'RestartUSecNext']), {MainPID: 17})
  await t.throwsAsync(manager.unitProperties('/x', ['MainPID', 'NRestarts']), {message: 'no'})
})

test('a unit that was dropped since it was listed has no properties', async t => {
  const manager = await speakTo(t, (_, answers) => {
    answers.error('org.freedesktop.DBus.Error.UnknownObject', 'gone')
  })
  t.deepEqual(await manager.unitProperties('/x', ['MainPID', 'NRestarts']), {})
})

test('a manager that does not say when it read its units never did', async t => {
  const manager = await speakTo(t, (_, answers) => {
    answers.error('org.freedesktop.DBus.Error.UnknownProperty', 'what?')
  })
  t.is(await manager.readUnitsAtUs(), 0)
})

test('the major version is told, and 0 where it cannot be', async t => {
  for (const [text, version] of [
    ['252.38-1~deb12u1', 252],
    ['257', 257],
    ['devel', 0],
  ] as const) {
    const manager = await speakTo(t, ({body: [, name] = []}, answers) => {
      if (name === 'Version') answers.values('v', ['s', text])
      else answers.values('v', ['as', ['/a', '/b']])
    })
    t.deepEqual(await manager.describe(), {version, unitPath: ['/a', '/b']})
  }
})

for (const [verb, member] of [
  ['enable', 'EnableUnitFiles'],
  ['disable', 'DisableUnitFiles'],
] as const) {
  test(`units are ${verb}d by one call for all that ask meanwhile`, async t => {
    const held: {answers: Answers; units: unknown}[] = []
    const manager = await speakTo(t, ({member: asked, body: [units] = []}, answers) => {
      t.is(asked, member)
      held.push({answers, units})
    })
    const first = ['a', 'b'].map(async unit => manager[verb](unit))
    await eventually('it is asked for', () => held.length === 1)
    const others = ['c', 'd'].map(async unit => manager[verb](unit))
    held[0]?.answers.nothing()
    await Promise.all(first)
    await eventually('it is asked for again', () => held.length === 2)
    held[1]?.answers.nothing()
    await Promise.all(others)
    t.deepEqual(
      held.map(({units}) => units),
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    )
  })
}

test('a unit that cannot be disabled fails for who asked for it alone', async t => {
  const asked: unknown[] = []
  const manager = await speakTo(t, ({body: [units] = []}, answers) => {
    asked.push(units)
    if ((units as string[]).includes('gone')) answers.error('org.freedesktop.systemd1.NoSuchUnit', 'no such unit')
    else answers.nothing()
  })
  const [here, gone] = await Promise.allSettled([manager.disable('here'), manager.disable('gone')])
  t.is(here.status, 'fulfilled')
  t.like(gone, {status: 'rejected', reason: {busName: 'org.freedesktop.systemd1.NoSuchUnit'}})
  t.deepEqual(asked, [['here', 'gone'], ['here'], ['gone']])
})
