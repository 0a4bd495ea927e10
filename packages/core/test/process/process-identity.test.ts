import {spawn} from 'node:child_process'
import {once} from 'node:events'
import test from 'ava'
import fc from 'fast-check'
import {
  bootId,
  identityOf,
  isProcessIdentity,
  livenessOf,
  startTimeOf,
  type ProcessIdentity,
} from '@hermes-svc/core/process-identity'
import {eventually} from '../eventually.js'

test('this process is alive, and its identity stays the same', t => {
  const identity = identityOf(process.pid)
  t.is(livenessOf(identity), 'alive')
  t.deepEqual(identityOf(process.pid), identity)
  t.true(isProcessIdentity(JSON.parse(JSON.stringify(identity))))
})

test('a process that was killed is gone, also while it is a zombie', async t => {
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {stdio: ['ignore', 'pipe', 'ignore']})
  t.teardown(() => parent.kill('SIGKILL'))
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer]
  const identity = identityOf(Number(chunk.toString()))
  t.is(livenessOf(identity), 'alive')
  process.kill(identity.pid, 'SIGKILL')
  // Its parent is a sleep(1) now, which waits for nobody.
  await eventually('the child to be gone', () => livenessOf(identity) === 'gone')
  t.is(startTimeOf(identity.pid), null)
})

test('another process with the same pid is not that process', t => {
  t.is(livenessOf({...identityOf(process.pid), startTime: '1'}), 'gone')
})

test('a process of another boot or pid namespace is unknown, whatever lives at that pid here', t => {
  t.is(livenessOf({...identityOf(process.pid), bootId: 'another'}), 'unknown')
  t.is(livenessOf({...identityOf(process.pid), pidNamespace: 'pid:[1]'}), 'unknown')
  t.is(livenessOf({...identityOf(2 ** 22 + 1), bootId: null}), bootId() === null ? 'gone' : 'unknown')
})

test('without a start time the pid decides', t => {
  t.is(livenessOf({...identityOf(process.pid), startTime: null}), 'alive')
  t.is(livenessOf({...identityOf(process.pid), pid: 2 ** 22 + 1, startTime: null}), 'gone')
})

test('a pid that nobody has has no start time', t => {
  t.is(startTimeOf(2 ** 22 + 1), null)
})

if (process.platform === 'linux') {
  test('a command name with spaces and parentheses does not confuse the start time', async t => {
    const script =
      "require('fs').writeFileSync('/proc/self/comm', 'a) Z 1 (b'); console.log(process.pid); setTimeout(() => {}, 60000)"
    const child = spawn(process.execPath, ['-e', script], {stdio: ['ignore', 'pipe', 'ignore']})
    t.teardown(() => child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    const own = Number(startTimeOf(process.pid))
    t.true(Number(startTimeOf(child.pid ?? 0)) >= own)
  })
} else {
  test.skip('a command name with spaces and parentheses does not confuse the start time (skipped: needs /proc)', t => {
    t.pass()
  })
}

test('what is no identity is refused without a crash', t => {
  fc.assert(
    fc.property(fc.anything(), value => {
      t.false(isProcessIdentity(value))
    }),
  )
  const good: ProcessIdentity = {pid: 7, startTime: null, bootId: null, pidNamespace: null}
  t.true(isProcessIdentity(good))
  for (const bad of [{pid: 0}, {pid: -1}, {pid: 1.5}, {pid: '7'}, {startTime: 7}, {bootId: undefined}]) {
    t.false(isProcessIdentity({...good, ...bad}))
  }
})

const canHideProcesses = process.platform === 'linux' && process.getuid?.() === 0
const ifRoot = canHideProcesses ? test : test.skip

ifRoot(
  `a process that /proc hides from us is unknown, not gone${canHideProcesses ? '' : ' (needs root on Linux)'}`,
  async t => {
    const module = new URL('../../dist/process/process-identity.js', import.meta.url).href
    const look = `import(${JSON.stringify(module)}).then(({identityOf, livenessOf}) => console.log(livenessOf({...identityOf(process.pid), pid: ${String(process.pid)}, startTime: '5'})))`
    const script =
      'mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"'
    const child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', process.execPath, '-e', look], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
    t.is(chunk.toString().trim(), 'unknown')
  },
)
