import {chmodSync, chownSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {asAccount} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import {managerAddresses, probeSocket, runtimeDirectories} from '../dist/manager-address.js'

const UID = process.geteuid?.() ?? -1
// Nobody has this account's rights by accident.
const STRANGER = 65_534

function plant(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hsvc-a-'))
  chmodSync(directory, 0o755)
  t.teardown(() => rmSync(directory, {recursive: true, force: true}))
  return directory
}

/** A socket that somebody listens on until the test is over. Returns how many came. */
async function listen(t: ExecutionContext, path: string): Promise<() => number> {
  let count = 0
  const server = createServer(socket => {
    count += 1
    socket.on('error', () => undefined).resume()
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  t.teardown(() => server.close())
  return () => count
}

test('the runtime directory is the one of the variable, then the usual one', t => {
  const own = plant(t)
  t.deepEqual(runtimeDirectories({XDG_RUNTIME_DIR: own}, UID), [own, `/run/user/${String(UID)}`])
  t.deepEqual(runtimeDirectories({}, 1000), ['/run/user/1000'])
  t.deepEqual(runtimeDirectories({XDG_RUNTIME_DIR: ''}, 1000), ['/run/user/1000'])
})

test('the usual runtime directory is named once', t => {
  const root = plant(t)
  const usual = join(root, 'run/user', String(UID))
  mkdirSync(usual, {recursive: true})
  t.deepEqual(runtimeDirectories({XDG_RUNTIME_DIR: usual}, UID, root), [usual])
})

test('a runtime directory of another account, or of nobody, is passed over', t => {
  const own = plant(t)
  const usual = [`/run/user/${String(UID + 1)}`]
  t.deepEqual(runtimeDirectories({XDG_RUNTIME_DIR: own}, UID + 1), usual)
  t.deepEqual(runtimeDirectories({XDG_RUNTIME_DIR: join(own, 'missing')}, UID + 1), usual)
  t.deepEqual(runtimeDirectories({XDG_RUNTIME_DIR: 'run/user/7'}, UID + 1), usual)
})

test('a runtime directory that may not be looked at is passed over, as where root’s leaks through su', t => {
  const closed = plant(t)
  const leaked = join(closed, '0')
  mkdirSync(leaked)
  const isRoot = UID === 0
  if (isRoot) chownSync(leaked, STRANGER, STRANGER)
  chmodSync(closed, isRoot ? 0o700 : 0)
  const look = (): string[] => runtimeDirectories({XDG_RUNTIME_DIR: leaked}, isRoot ? STRANGER : UID)
  const found = isRoot ? asAccount(STRANGER, STRANGER, look) : look()
  chmodSync(closed, 0o700)
  t.false(found.includes(leaked))
})

test('a user’s manager is asked by its private socket, then by the bus, in each runtime directory', t => {
  const own = plant(t)
  const usual = `/run/user/${String(UID)}`
  t.deepEqual(managerAddresses('user', {XDG_RUNTIME_DIR: own}, UID), [
    {socket: `${own}/systemd/private`, direct: true},
    {socket: `${own}/bus`, direct: false},
    {socket: `${usual}/systemd/private`, direct: true},
    {socket: `${usual}/bus`, direct: false},
  ])
})

test('the system’s manager is asked by its private socket by root only', t => {
  const bus = {socket: '/run/dbus/system_bus_socket', direct: false}
  t.deepEqual(managerAddresses('system', {}, 0), [{socket: '/run/systemd/private', direct: true}, bus])
  t.deepEqual(managerAddresses('system', {XDG_RUNTIME_DIR: '/run/user/1000'}, 1000), [bus])
})

test('a socket that somebody listens on is alive, and is left alone after that', async t => {
  const path = join(plant(t), 's')
  const count = await listen(t, path)
  t.is(await probeSocket(path), 'alive')
  t.is(await probeSocket(path), 'alive')
  t.is(count(), 2)
})

test('a socket that nobody listens on any more is dead, and so is what is no socket', async t => {
  const directory = plant(t)
  const server = createServer()
  await new Promise<void>(resolve => server.listen(join(directory, 'bound'), resolve))
  // A server that closes removes the name that it was bound to, and no other.
  linkSync(join(directory, 'bound'), join(directory, 'left'))
  t.is(await probeSocket(join(directory, 'left')), 'alive')
  await new Promise(resolve => server.close(resolve))
  t.is(await probeSocket(join(directory, 'left')), 'dead')
  writeFileSync(join(directory, 'file'), '')
  t.is(await probeSocket(join(directory, 'file')), 'dead')
})

test('what is not there, or below a file, is none', async t => {
  const directory = plant(t)
  writeFileSync(join(directory, 'file'), '')
  t.is(await probeSocket(join(directory, 'missing')), 'none')
  t.is(await probeSocket(join(directory, 'file/private')), 'none')
})

test('a path that a socket cannot have is none, and not the socket that it would be cut off to', async t => {
  const directory = plant(t)
  const ofLength = (bytes: number): string => `${directory}/`.padEnd(bytes, 'x')
  await listen(t, ofLength(107))
  t.is(await probeSocket(ofLength(107)), 'alive')
  await listen(t, ofLength(108))
  for (const bytes of [109, 200]) t.is(await probeSocket(ofLength(bytes)), 'none')
  t.is(await probeSocket(`${directory}/x\0`), 'none')
})

test('a socket that we may not connect to is denied', async t => {
  const directory = plant(t)
  const path = join(directory, 's')
  await listen(t, path)
  chmodSync(path, 0)
  const isRoot = UID === 0
  const probe = (): {state: Promise<string>} => ({state: probeSocket(path)})
  const {state} = isRoot ? asAccount(STRANGER, STRANGER, probe) : probe()
  t.is(await state, 'denied')
})
