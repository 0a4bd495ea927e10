import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {setImmediate as turn} from 'node:timers/promises'
import test, {type ExecutionContext} from 'ava'
import sinon from 'sinon'
import {Bus, BusError, type MethodCall} from '../dist/bus.js'
import {admit, type Answers, listen, type Message, type Peer, signal} from './fake-bus.js'

const CALL: MethodCall = {path: '/org/freedesktop/systemd1', interface: 'org.freedesktop.systemd1.Manager', member: 'X'}

/** A connection to this peer, closed when the test is over. */
async function connect(t: ExecutionContext, peer: Peer, direct = true): Promise<Bus> {
  const bus = await Bus.open({socket: await listen(t, peer), direct})
  t.teardown(() => bus.close())
  return bus
}

function failure(t: ExecutionContext, call: Promise<unknown>): Promise<BusError> {
  return t.throwsAsync<BusError>(call, {instanceOf: BusError})
}

test('a question resolves to the values of its answer', async t => {
  const asked: Message[] = []
  const bus = await connect(
    t,
    admit((message, answers) => {
      asked.push(message)
      answers.values('sasv', 'a', ['b', 'c'], ['u', 7])
    }),
  )
  const values = await bus.call({...CALL, signature: 'sas', body: ['é', ['x', 'y']]})
  t.deepEqual(values.slice(0, 2), ['a', ['b', 'c']])
  t.deepEqual((values[2] as readonly unknown[])[1], [7])
  t.like(asked[0], {...CALL, destination: 'org.freedesktop.systemd1', body: ['é', ['x', 'y']]})
  t.false(bus.isOver)
})

test('an answer without values resolves to none', async t => {
  const bus = await connect(
    t,
    admit((_, answers) => answers.nothing()),
  )
  t.deepEqual(await bus.call(CALL), [])
})

test('an error that is answered has its name and text, and the connection goes on', async t => {
  const bus = await connect(
    t,
    admit((message, answers) => {
      if (message.member === 'X') answers.error('org.freedesktop.systemd1.NoSuchUnit', 'Unit x not found.')
      else answers.values('s', 'fine')
    }),
  )
  const error = await failure(t, bus.call(CALL))
  t.is(error.busName, 'org.freedesktop.systemd1.NoSuchUnit')
  t.is(error.message, 'Unit x not found.')
  t.false(bus.isOver)
  t.deepEqual(await bus.call({...CALL, member: 'Y'}), ['fine'])
})

test('an error without a text says so', async t => {
  const bus = await connect(
    t,
    admit((_, answers) => answers.error('org.example.Failed', '')),
  )
  t.is((await failure(t, bus.call(CALL))).message, 'no reason given')
})

test('any number of questions can be under way, and each has its own answer in whatever order they come', async t => {
  const open: [Message, Answers][] = []
  const bus = await connect(
    t,
    admit((message, answers) => {
      open.push([message, answers])
      if (open.length < 50) return
      for (const [{member = ''}, {values}] of open.reverse()) values('s', `to ${member}`)
    }),
  )
  const members = Array.from({length: 50}, (_, index) => `M${String(index)}`)
  const answers = await Promise.all(members.map(member => bus.call({...CALL, member})))
  t.deepEqual(
    answers.map(([text]) => text),
    members.map(member => `to ${member}`),
  )
})

// A manager that reads BEGIN together with the first message leaves that one lying: systemd 252 looks at what it has read
// only when more comes.
test('BEGIN is said with AUTH, and the first message comes after the peer has said yes', async t => {
  let heard = ''
  const beforeYes: string[] = []
  const bus = await connect(t, stream => {
    stream.on('data', (part: Buffer) => {
      heard += part.toString('latin1')
      if (beforeYes.length > 0 || !heard.includes('BEGIN\r\n')) return
      beforeYes.push(heard)
      stream.write('OK 0123456789abcdef0123456789abcdef\r\n')
    })
  })
  const call = bus.call(CALL)
  while (!heard.includes('systemd1')) await turn()
  t.regex(beforeYes.join(), /^\0AUTH EXTERNAL [0-9a-f]+\r\nBEGIN\r\n$/)
  t.is(heard.split('BEGIN').length, 2)
  bus.close()
  await failure(t, call)
})

for (const [what, greeting] of [
  ['a signal', [signal(1, 'short')]],
  ['signals', Array.from({length: 20}, (_, index) => signal(index + 1, 'x'.repeat(1000)))],
  ['half a signal', [signal(1, 'long').subarray(0, 40)]],
] as const) {
  test(`${what} behind the word that lets it in does not hide what is answered`, async t => {
    const rest = what === 'half a signal' ? signal(1, 'long').subarray(40) : null
    const bus = await connect(t, stream => {
      admit((_, answers) => {
        if (rest !== null) stream.write(rest)
        answers.values('s', 'heard')
      }, greeting)(stream)
    })
    const tooLate = setTimeout(() => bus.close(), 60_000)
    t.deepEqual(await bus.call(CALL), ['heard'])
    clearTimeout(tooLate)
  })
}

test('on a message bus it says hello before the first question', async t => {
  const members: (string | undefined)[] = []
  const bus = await connect(
    t,
    admit(({member}, {values}) => {
      members.push(member)
      values('s', ':1.7')
    }),
    false,
  )
  t.deepEqual(await bus.call(CALL), [':1.7'])
  t.deepEqual(members, ['Hello', 'X'])
})

const ENDS: Readonly<Record<string, {peer: Peer; message: RegExp}>> = {
  'a peer that hangs up at once': {peer: stream => stream.destroy(), message: /connection|EPIPE|ECONNRESET/},
  'a peer that hangs up at the handshake': {
    peer: stream => stream.once('data', () => stream.end()),
    message: /the manager ended the connection|EPIPE|ECONNRESET/,
  },
  'a peer that refuses the handshake': {
    peer: stream => stream.once('data', () => stream.write('REJECTED DBUS_COOKIE_SHA1\r\n')),
    message: /REJECTED DBUS_COOKIE_SHA1/,
  },
  'a peer that speaks something else': {
    peer: stream => stream.once('data', () => stream.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
    message: /HTTP\/1\.1 400 Bad Request/,
  },
  'a peer that hangs up at the question': {
    peer: admit((_, {hangUp}) => hangUp()),
    message: /connection|ECONNRESET/,
  },
}

for (const [title, {peer, message}] of Object.entries(ENDS)) {
  test(`${title} fails every question that is under way and every later one, without a name`, async t => {
    const bus = await connect(t, peer)
    for (const error of await Promise.all([failure(t, bus.call(CALL)), failure(t, bus.call(CALL))])) {
      t.is(error.busName, null)
      t.regex(error.message, message)
    }
    t.true(bus.isOver)
    t.is((await failure(t, bus.call(CALL))).busName, null)
  })
}

test('a socket that is not there fails the first question', async t => {
  const bus = await Bus.open({socket: '/nowhere/private', direct: true})
  const error = await failure(t, bus.call(CALL))
  t.is(error.busName, null)
  t.regex(error.message, /ENOENT/)
  t.true(bus.isOver)
})

for (const [title, peer] of [
  ['never says yes', () => undefined],
  ['never answers', admit(() => undefined)],
] as const) {
  test(`closing fails what is under way with a peer that ${title}`, async t => {
    const bus = await connect(t, peer)
    const failures = [failure(t, bus.call(CALL)), failure(t, bus.call(CALL))]
    await turn()
    bus.close()
    for (const {message} of await Promise.all(failures)) t.is(message, 'the connection was closed')
    t.true(bus.isOver)
  })

  test.serial(`a peer that ${title} is waited for half a minute, not for ever`, async t => {
    const clock = sinon.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']})
    t.teardown(() => clock.restore())
    const bus = await connect(t, peer)
    let isOver = false
    const call = bus.call(CALL).finally(() => (isOver = true))
    const failed = failure(t, call)
    await clock.tickAsync(29_999)
    t.false(isOver)
    await clock.tickAsync(1)
    const error = await failed
    t.is(error.busName, null)
    t.is(error.message, 'X was not answered within 30 s')
  })
}

/** What a program of these lines prints, and how it ends; `bus` is a connection to the peer. */
async function run(t: ExecutionContext, peer: Peer, lines: string) {
  const module = new URL('../dist/bus.js', import.meta.url).href
  const source = `
    const {Bus} = await import(${JSON.stringify(module)})
    const bus = await Bus.open({socket: ${JSON.stringify(await listen(t, peer))}, direct: true})
    const call = ${JSON.stringify(CALL)}
    ${lines}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {stdio: ['ignore', 'pipe', 'inherit']})
  t.teardown(() => child.kill('SIGKILL'))
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (printed += part))
  const [code] = (await once(child, 'close')) as [number | null]
  return {code, printed}
}

test('a connection by which nothing is asked does not keep the process alive', async t => {
  const answering = admit((_, {values}) => values('s', 'fine'))
  t.deepEqual(await run(t, answering, ''), {code: 0, printed: ''})
  t.deepEqual(await run(t, answering, 'console.log(await bus.call(call))'), {code: 0, printed: "[ 'fine' ]\n"})
  const hangingUp = admit((_, {hangUp}) => hangUp())
  const lines = 'await bus.call(call).catch(() => console.log("failed"))'
  t.deepEqual(await run(t, hangingUp, lines), {code: 0, printed: 'failed\n'})
})
