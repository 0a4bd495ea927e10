import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {FakeLaunchd} from './fake-launchd.js'
import {define, eventually, lives, runningPid, script, startFake, written, fakeTest} from './fixture.js'

/** Has a child that left its session, and one with another TMPDIR. */
const FAMILY =
  'trap "" TERM; setsid sleep 1000 & echo $! >> $OUT; TMPDIR=/ sleep 1000 & echo $! >> $OUT; wait; wait; wait'

async function startFamily(fake: FakeLaunchd): Promise<number[]> {
  const path = define(fake, 'family', {KeepAlive: true, ProgramArguments: script(fake, FAMILY)})
  fake.run('bootstrap', 'gui/501', path)
  await eventually('all are there', () => written(fake).split('\n').length === 3)
  return [await runningPid(fake, 'family'), ...written(fake).trim().split('\n').map(Number)]
}

fakeTest('remove() leaves no process and no file', async t => {
  const fake = await FakeLaunchd.start({uid: 501})
  const pids = [fake.pid, ...(await startFamily(fake))]
  await fake.remove()
  t.false(existsSync(fake.directory))
  await eventually('all are gone', () => !pids.some(lives))
  await fake.remove()
})

fakeTest('remove() leaves nothing of a machine whose launchd was killed', async t => {
  const fake = await FakeLaunchd.start({uid: 501})
  const pids = await startFamily(fake)
  process.kill(fake.pid, 'SIGKILL')
  await eventually('launchd is gone', () => !lives(fake.pid))
  t.true(pids.every(lives))
  await fake.remove()
  t.false(existsSync(fake.directory))
  await eventually('all are gone', () => !pids.some(lives))
})

fakeTest('without its launchd launchctl fails, and starts none', async t => {
  const fake = await startFake(t, {uid: 501})
  process.kill(fake.pid, 'SIGKILL')
  await eventually('launchd is gone', () => !lives(fake.pid))
  // A thread of a process that has just been killed may still hold its socket.
  await eventually('its socket is gone', () => !fake.run('list').stderr.includes('closed without an answer'))
  const {code, stdout, stderr} = fake.run('list')
  t.deepEqual([code, stdout], [1, ''])
  t.regex(stderr, /^Could not connect to launchd: .*(ECONNREFUSED|Connection refused)/)
  t.is(fake.run('list').code, 1)
})

fakeTest('a caller whose launchd dies fails too', async t => {
  const fake = await startFake(t, {uid: 501})
  fake.silence()
  const answer = fake.runBeside('list')
  const started = performance.now()
  await eventually('it had time to ask', () => performance.now() - started > 500)
  process.kill(fake.pid, 'SIGKILL')
  const {code, stderr} = await answer
  t.is(code, 1)
  t.regex(stderr, /^Could not connect to launchd: /)
})

fakeTest('a machine ends with the process that started it, however that ends', async t => {
  const module = fileURLToPath(new URL('fake-launchd.js', import.meta.url))
  const code = `const {FakeLaunchd} = await import(${JSON.stringify(module)})
    const fake = await FakeLaunchd.start({uid: 501})
    const run = fake.run('submit', '-l', 'a', '--', '/bin/sh', '-c', 'trap "" TERM; sleep 1000 & wait; wait')
    if (run.code === 0) console.log([fake.directory, fake.pid, fake.jobs()[0].pid].join(' '))
    setInterval(() => undefined, 1000)`
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const parent = spawn(process.execPath, ['--input-type=module', '-e', code], {stdio: ['ignore', 'pipe', 'inherit']})
    const [text] = (await once(parent.stdout, 'data')) as [Buffer]
    const [directory = '', ...pids] = text.toString().trim().split(' ')
    t.true(pids.map(Number).every(lives))
    parent.kill(signal)
    await eventually('all are gone', () => !pids.map(Number).some(lives) && !existsSync(directory))
  }
})

fakeTest('a process that forgot to remove its machine ends all the same', async t => {
  const module = fileURLToPath(new URL('fake-launchd.js', import.meta.url))
  const code = `const {FakeLaunchd} = await import(${JSON.stringify(module)})
    console.log((await FakeLaunchd.start({uid: 501})).pid)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], {stdio: ['ignore', 'pipe', 'inherit']})
  const [[text], ended] = await Promise.all([once(parent.stdout, 'data') as Promise<[Buffer]>, once(parent, 'exit')])
  t.deepEqual(ended, [0, null])
  await eventually('its launchd is gone', () => !lives(Number(text)))
})

fakeTest('several machines know nothing of each other', async t => {
  const [one, two] = await Promise.all([startFake(t, {uid: 501}), startFake(t, {uid: 501, macos: 'old'})])
  one.run('bootstrap', 'gui/501', define(one, 'a'))
  two.run('bootstrap', 'gui/501', define(two, 'a'))
  one.run('disable', 'gui/501/b')
  t.notRegex(two.run('print-disabled', 'gui/501').stdout, /"b"/)
  const pid = await runningPid(two, 'a')
  await one.remove()
  t.true(lives(pid))
  t.is(two.run('print', 'gui/501/a').code, 0)
})

fakeTest('every call is logged with its arguments and exit code', async t => {
  const fake = await startFake(t, {uid: 501})
  const before = Date.now()
  fake.run('list', 'two words\n"')
  await Promise.all([fake.runBeside('managername'), fake.runBeside('managername')])
  fake.setSession('Background')
  const calls = fake.calls()
  t.deepEqual(
    calls.map(({argv, code}) => [argv, code]),
    [
      [['list', 'two words\n"'], 113],
      [['managername'], 0],
      [['managername'], 0],
    ],
  )
  t.true(calls.every(({atMs}) => atMs >= before && atMs <= Date.now()))
})

fakeTest('launchctl takes no options of Node from its caller', async t => {
  const fake = await startFake(t, {uid: 501})
  const env = {...process.env, NODE_OPTIONS: '--no-such-option', NODE_EXTRA_CA_CERTS: '/nowhere'}
  const child = spawn(fake.launchctl, ['managername'], {env, stdio: 'ignore'})
  t.deepEqual(await once(child, 'exit'), [0, null])
  t.regex(readFileSync(fake.launchctl, 'utf8'), /^#!\/bin\/sh\n/)
})

fakeTest('a state directory that is too deep for a socket is refused, and not left behind', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'hsvc-ld-'))
  t.teardown(() => rmSync(directory, {recursive: true}))
  const deep = join(directory, 'd'.repeat(90))
  mkdirSync(deep)
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = deep
  try {
    await t.throwsAsync(FakeLaunchd.start(), {message: /^expected a socket path of at most 99 bytes/})
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
})
