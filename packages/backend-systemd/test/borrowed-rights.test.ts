import {chownSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {hashSpec} from '@hermes-svc/core'
import ava from 'ava'
import {type UnitFixture, unitTests} from './unit-fixture.js'
import {WatchedSocket} from './watched-socket.js'

/** No account has to have it; another one for each run, because of the place below. */
const ID = 60_000 + (process.pid % 5000)

/** Where pam_systemd(8) would have made it. */
const STANDARD = `/run/user/${String(ID)}`

/** The only thing in the place of root's own manager, which is never asked. */
let roots: WatchedSocket | undefined

const test = unitTests({
  id: ID,
  async run(systemd) {
    mkdirSync(dirname(STANDARD), {recursive: true})
    symlinkSync(systemd.runtimeDirectory, STANDARD)
    roots = await new WatchedSocket(systemd.socket).listen()
    return roots.runtimeDirectory
  },
})

ava.after.always('root’s is gone', () => {
  rmSync(STANDARD, {force: true})
  roots?.close()
})

/** Everything that install and start make, and the directories around. */
function made(fixture: UnitFixture): string[] {
  const {systemd, context} = fixture
  const own = readdirSync(context.paths.gateways, {recursive: true, encoding: 'utf8'})
  const units = readdirSync(systemd.units, {recursive: true, encoding: 'utf8'})
  return [
    context.paths.state,
    context.paths.gateways,
    ...own.map(name => join(context.paths.gateways, name)),
    dirname(systemd.units),
    systemd.units,
    ...units.map(name => join(systemd.units, name)),
  ]
}

test('where root works for the owner of a profile root, the manager is the owner’s, and so is every file and the process', async (t, fixture) => {
  const {manager, profile} = fixture
  const {pid} = await fixture.run({autostart: false})
  t.like(lstatSync(`/proc/${String(pid)}`), {uid: ID, gid: ID})
  await manager.install(fixture.spec({autostart: true, port: 1}))
  const paths = made(fixture)
  t.true(paths.includes(fixture.link()))
  t.true(paths.includes(join(fixture.own(), 'running.json')))
  t.deepEqual(
    paths.filter(path => lstatSync(path).uid !== ID || lstatSync(path).gid !== ID),
    [],
  )
  t.deepEqual(
    paths.filter(path => /environment|running\.json/.test(path) && (lstatSync(path).mode & 0o777) !== 0o600),
    [],
  )
  await manager.uninstall(profile)
  t.false(existsSync(fixture.own()))
  t.deepEqual(roots?.calls, [])
})

test('of an install whose unit cannot be written nothing stays', async (t, fixture) => {
  const {manager, profile, systemd} = fixture
  await manager.install(fixture.spec({profile: 'another'}))
  chownSync(systemd.units, 0, 0)
  await t.throwsAsync(manager.install(fixture.spec()), {code: 'EACCES'})
  t.false(existsSync(fixture.own()))
  t.deepEqual(readdirSync(systemd.units), ['hermes-svc-another.service'])
  t.deepEqual(await manager.status([profile]), [])
  chownSync(systemd.units, ID, ID)
})

test('of an update whose unit cannot be written nothing stays, and the definition before is whole', async (t, fixture) => {
  const {manager, profile, systemd} = fixture
  const {pid} = await fixture.run()
  const texts = () => [fixture.unit(), ...fixture.files()].map(path => [path, readFileSync(path, 'utf8')])
  const before = texts()
  chownSync(systemd.units, 0, 0)
  await t.throwsAsync(manager.install(fixture.spec({argv: ['/bin/sleep', '2000']})), {code: 'EACCES'})
  chownSync(systemd.units, ID, ID)

  const isNote = ([path = '']: string[]) => path.endsWith('running.json')
  t.deepEqual(
    texts().filter(each => !isNote(each)),
    before,
  )
  t.like(await fixture.status(), {pid, specHash: hashSpec(fixture.spec())})
  await manager.restart(profile)
  t.like(await fixture.reaches('running'), {specHash: hashSpec(fixture.spec())})
})
