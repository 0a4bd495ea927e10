import {execFileSync} from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {accountNamed, hashSpec, type ServiceError} from '@hermes-svc/core'
import {eventually, jobOf} from './fake-launchd/fixture.js'
import {jobTest as test} from './job-fixture.js'

const LABEL = 'ai.hermes-svc.coder'
const UID = String(process.getuid?.())

test('a gateway that is only defined is not loaded, and does not come up with the next login', async (t, fixture) => {
  t.like(await fixture.manager.install(fixture.spec()), {state: 'stopped', wanted: 'down'})
  await fixture.mac.reboot()
  t.is(jobOf(fixture.mac, LABEL), undefined)
  t.like(await fixture.status(), {state: 'stopped', wanted: 'down'})
})

test('a gateway without autostart is where launchd does not look: it runs when it is started, and not after a reboot', async (t, fixture) => {
  const {pid} = await fixture.run(fixture.spec({autostart: false}))
  t.not(pid, null)
  t.false(existsSync(fixture.agent()))
  t.like(await fixture.status(), {autostart: false, definition: join(fixture.own(), `${LABEL}.plist`)})
  await fixture.mac.reboot()
  t.like(await fixture.status(), {state: 'stopped', wanted: 'up', pid: null})
  await fixture.manager.start(fixture.profile)
  await fixture.reaches('running')
})

test('a definition that gets autostart moves, and what runs goes on', async (t, fixture) => {
  const {pid} = await fixture.run(fixture.spec({autostart: false}))
  t.like(await fixture.manager.install(fixture.spec()), {pid, definition: fixture.agent()})
  t.false(existsSync(join(fixture.own(), `${LABEL}.plist`)))
  t.like(await fixture.manager.install(fixture.spec({autostart: false})), {pid})
  t.false(existsSync(fixture.agent()))
})

test('a definition that was edited by hand tells a spec of its own; install writes it anew and keeps a copy', async (t, fixture) => {
  const {manager, profile} = fixture
  await manager.install(fixture.spec())
  const written = readFileSync(fixture.agent(), 'utf8')
  appendFileSync(fixture.agent(), '<!-- mine -->\n')
  const edited = readFileSync(fixture.agent(), 'utf8')
  t.not((await fixture.status()).specHash, hashSpec(fixture.spec()))

  await manager.install(fixture.spec())

  t.is(readFileSync(fixture.agent(), 'utf8'), written)
  t.is((await fixture.status()).specHash, hashSpec(fixture.spec()))
  const replaced = join(fixture.own(), 'replaced')
  const [stamp = '', ...others] = readdirSync(replaced)
  t.deepEqual(others, [])
  t.is(readFileSync(join(replaced, stamp, `${LABEL}.plist`), 'utf8'), edited)
  t.true(fixture.warnings.some(text => text.includes('changed by hand')))
  t.is((await manager.uninstall(profile)).kept[0], replaced)
})

test('a gateway that runs tells the spec that it was started by, however often it is defined anew, until it is restarted', async (t, fixture) => {
  const {manager, profile} = fixture
  const specs = [1, 2, 3].map(port => fixture.spec({port, argv: ['/bin/sleep', `100${String(port)}`]}))
  const [first = fixture.spec(), second = first, third = first] = specs
  const {pid} = await fixture.run(first)
  const started = {pid, specHash: hashSpec(first)}
  t.like(await manager.install(second), started)
  t.like(await manager.install(third), started)
  await manager.restart(profile)
  const now = await fixture.reaches('running', profile, pid)
  t.like(now, {port: 3, specHash: hashSpec(third)})
})

test('new environment values alone show as another spec until the restart, though the definition is the same', async (t, fixture) => {
  const spec = (TOKEN: string) => fixture.spec({env: {PATH: '/usr/bin:/bin', TOKEN}})
  const {pid} = await fixture.run(spec('one'))
  const written = readFileSync(fixture.agent(), 'utf8').replace(/.*/, '')
  t.is((await fixture.manager.install(spec('two'))).specHash, hashSpec(spec('one')))
  t.is(readFileSync(fixture.agent(), 'utf8').replace(/.*/, ''), written)
  await fixture.manager.restart(fixture.profile)
  t.is((await fixture.reaches('running', fixture.profile, pid)).specHash, hashSpec(spec('two')))
})

test('a definition that is replaced while a job runs by it keeps its environment file, for the job may be started again', async (t, fixture) => {
  const environments = () => fixture.owned().filter(name => name.startsWith('environment.')).length
  const {pid} = await fixture.run(fixture.spec({argv: ['/bin/sleep', '1001']}))
  await fixture.manager.install(fixture.spec({argv: ['/bin/sleep', '1002']}))
  await fixture.manager.install(fixture.spec({argv: ['/bin/sleep', '1003']}))
  t.is(environments(), 2)
  process.kill(pid ?? 0, 'SIGKILL')
  const next = await fixture.reaches('running', fixture.profile, pid)
  await fixture.manager.restart(fixture.profile)
  await fixture.reaches('running', fixture.profile, next.pid)
  t.is(environments(), 1)
})

test('uninstall leaves nothing, also no note of launchd that the label is disabled', async (t, fixture) => {
  await fixture.run()
  const {removed, kept} = await fixture.manager.uninstall(fixture.profile)
  const [agent, own, rotation, ...others] = removed
  const rotating = join(fixture.root, 'hermes-svc', 'launchd')
  t.deepEqual([agent, own, others], [fixture.agent(), fixture.own(), [rotating]])
  t.regex(rotation ?? '', /LaunchAgents\/ai\.hermes-svc-logs\.[0-9a-f]{12}\.plist$/)
  t.deepEqual(kept, [join(fixture.root, 'logs', 'gateways', fixture.profile)])
  t.deepEqual(fixture.mac.jobs(), [])
  t.regex(fixture.mac.run('print-disabled', `user/${UID}`).stdout, /"ai\.hermes-svc\.coder" => enabled/)
  t.deepEqual(await fixture.manager.status(), [])
})

test('uninstall of a gateway whose first install was killed removes what that had staged, also where launchd looks', async (t, fixture) => {
  const {profile} = fixture
  const staged = `.staging-${LABEL}.plist.0123456789ab`
  mkdirSync(fixture.own(), {recursive: true})
  for (const directory of [fixture.mac.agents, fixture.own()]) writeFileSync(join(directory, staged), '<plist>')
  const others = `.staging-${LABEL}2.plist.0123456789ab`
  writeFileSync(join(fixture.mac.agents, others), '<plist>')

  t.deepEqual((await fixture.manager.uninstall(profile)).removed, [fixture.own()])

  t.false(existsSync(fixture.own()))
  t.deepEqual(
    readdirSync(fixture.mac.agents).filter(name => name.startsWith('.staging-')),
    [others],
  )
})

test('a job whose file was removed by hand is listed while it runs, said to be so, and ended by uninstall', async (t, fixture) => {
  const {pid} = await fixture.run()
  rmSync(fixture.agent())
  t.like(await fixture.status(), {pid, state: 'running', origin: 'installed'})
  t.true(fixture.warnings.some(text => text.includes('its definition is gone')))
  await fixture.manager.uninstall(fixture.profile)
  t.deepEqual(fixture.mac.jobs(), [])
  t.deepEqual(fixture.owned(), [])
})

test('a job of ours that another profile root has is none of this one', async (t, fixture) => {
  await fixture.run()
  const other = fixture.create({
    paths: {...fixture.context.paths, root: '/elsewhere', gateways: '/elsewhere/hermes-svc/gateways'},
  })
  const [row] = await other.status()
  t.like(row, {origin: 'foreign', profile: 'coder', pid: (await fixture.status()).pid})
  rmSync(fixture.agent())
  t.deepEqual(await other.status(), [])
})

test('a FIFO that the account put in place of a note holds nobody up', async (t, fixture) => {
  const {pid} = await fixture.run()
  for (const name of ['started', 'asked']) {
    const path = join(fixture.own(), 'state', name)
    rmSync(path, {force: true})
    execFileSync('mkfifo', [path])
  }
  t.like(await fixture.status(), {pid, state: 'running', startedAt: null})
})

test("a FIFO among the account's agents is there, with the reason, and holds nobody up", async (t, fixture) => {
  const path = join(fixture.mac.agents, 'ai.hermes.gateway-coder.plist')
  execFileSync('mkfifo', [path])
  const [row] = await fixture.manager.status()
  t.like(row, {profile: 'coder', origin: 'foreign'})
})

test('a first install that cannot be written leaves nothing behind', async (t, fixture) => {
  mkdirSync(fixture.agent(), {recursive: true})
  await t.throwsAsync(fixture.manager.install(fixture.spec()))
  t.deepEqual(fixture.owned(), [])
})

const FOREIGN_KEYS = (home: string): string =>
  `<plist version="1.0"><dict><key>Label</key><string>ai.hermes.gateway-x</string><key>ProgramArguments</key><array><string>/bin/sleep</string><string>1000</string></array><key>EnvironmentVariables</key><dict><key>HERMES_HOME</key><string>${home}</string></dict><key>KeepAlive</key><true/></dict></plist>`

test("an agent of Hermes' own is listed under the profile whose home it sets, and adopted with a copy kept", async (t, fixture) => {
  const path = join(fixture.mac.agents, 'ai.hermes.gateway-x.plist')
  writeFileSync(path, FOREIGN_KEYS(join(fixture.root, 'profiles', 'coder')))
  t.is(fixture.mac.run('bootstrap', `gui/${UID}`, path).code, 0)
  const {pid} = await fixture.reaches('running')
  t.like(await fixture.status(), {origin: 'foreign', service: 'ai.hermes.gateway-x'})
  const error = await t.throwsAsync<ServiceError>(fixture.manager.install(fixture.spec()))
  t.is(error.code, 'HSVC_ALREADY_EXISTS')

  await fixture.manager.install(fixture.spec(), {adopt: true})

  t.false(existsSync(path))
  t.throws(() => process.kill(pid ?? 0, 0), {code: 'ESRCH'})
  t.like(await fixture.status(), {origin: 'installed', service: LABEL})
})

test("an agent of Hermes' own for another root is none of this one", async (t, fixture) => {
  const path = join(fixture.mac.agents, 'ai.hermes.gateway-x.plist')
  writeFileSync(path, FOREIGN_KEYS('/elsewhere/profiles/coder'))
  t.deepEqual(await fixture.manager.status(), [])
})

test(
  'an agent that was installed over ssh runs in the domain of that, and a login at the screen starts no second one',
  async (t, fixture) => {
    const {pid} = await fixture.run()
    t.is(jobOf(fixture.mac, LABEL, 'user')?.pid, pid)
    await fixture.mac.login()
    t.is(jobOf(fixture.mac, LABEL, 'gui'), undefined)
    t.deepEqual(fixture.mac.doubles(), [])
    t.is((await fixture.status()).pid, pid)
  },
  {domains: ['user'], session: 'Background'},
)

test('an agent for the screen is refused where nobody is logged in there, with what helps', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  fixture.mac.setDomains(['user'])
  const error = await t.throwsAsync<ServiceError>(fixture.manager.start(fixture.profile))
  t.is(error.code, 'HSVC_BACKEND_UNAVAILABLE')
  t.regex(error.message, /gui\//)
  t.regex(error.hint ?? '', /--force/)
  await fixture.manager.install(fixture.spec(), {force: true})
  await fixture.manager.start(fixture.profile)
  await fixture.reaches('running')
})

test('an account that launchd has no domain for is told so', async (t, fixture) => {
  fixture.mac.setDomains([])
  const error = await t.throwsAsync<ServiceError>(fixture.manager.install(fixture.spec()))
  t.is(error.code, 'HSVC_BACKEND_UNAVAILABLE')
})

test('an agent of the screen is seen from a session elsewhere', async (t, fixture) => {
  const {pid} = await fixture.run()
  fixture.mac.setSession('Background')
  t.like(await fixture.status(), {pid, state: 'running'})
  await fixture.manager.stop(fixture.profile)
  await eventually('it is gone', () => jobOf(fixture.mac, LABEL) === undefined)
})

test(
  'a daemon runs as the account that it is for, which alone can read its environment',
  async (t, fixture) => {
    const account = accountNamed('daemon')
    const spec = fixture.spec({scope: 'system', account: 'daemon', cwd: '/'})
    const {pid} = await fixture.run(spec)
    t.is(statSync(`/proc/${String(pid)}`).uid, account?.uid ?? -1)
    const place = join(fixture.mac.directory, 'support')
    const files = readdirSync(place, {recursive: true, withFileTypes: true})
    const environment = files.find(({name}) => name.startsWith('environment.'))
    const stats = statSync(join(environment?.parentPath ?? '', environment?.name ?? ''))
    t.deepEqual([stats.uid, stats.mode & 0o777], [account?.uid, 0o600])
    t.like(await fixture.status(), {scope: 'system', restarts: 0})
    await fixture.manager.uninstall(fixture.profile)
    t.deepEqual(fixture.mac.jobs(), [])
    t.deepEqual(readdirSync(place), [])
  },
  {session: 'System'},
  process.getuid?.() === 0 && accountNamed('daemon') !== null ? undefined : 'needs root, and an account daemon',
)
