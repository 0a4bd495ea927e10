import {chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {accountNamed, asAccount, createHost} from '@hermes-svc/core'
import {unmadePackage} from './fixtures/backend-package.js'
import {makeProfile, PROGRAM, rejection} from './fixtures/guard-fixture.js'
import {hostFixture} from './fixtures/host-fixture.js'
import {temporaryDirectory} from './temporary-directory.js'

const CODER = {profile: 'coder', argv: [PROGRAM]}
const asRoot = process.geteuid?.() === 0 ? test : test.skip
const FALLBACK = {metadata: {priority: 0, fallback: true}}

test('the root is hermes.root of the configuration, else what HERMES_HOME says, else the platform’s own', t => {
  const rootOf = (env: Record<string, string>, data: unknown): string =>
    createHost({packages: [], layers: [{source: 'test', data}], env, platform: 'linux'}).paths.root
  t.is(rootOf({HERMES_HOME: '/opt/data', HOME: '/h'}, {hermes: {root: '/srv/x'}}), '/srv/x')
  t.is(rootOf({HERMES_HOME: '/opt/data', HOME: '/h'}, {}), '/opt/data')
  t.is(rootOf({HERMES_HOME: '/opt/data/profiles/coder', HOME: '/h'}, {}), '/opt/data')
  t.is(rootOf({HOME: '/h'}, {}), '/h/.hermes')
})

test('the configuration comes with where each value was set, and a bad one is HSVC_CONFIG_INVALID', t => {
  const {host, root} = hostFixture(t)
  const {configuration, origins} = host([], {layers: [{source: '--backend', data: {backend: 's6'}}]})
  t.is(configuration.backend, 's6')
  t.is(configuration.hermes.root, root)
  t.like(origins, {backend: '--backend', 'hermes.root': 'test'})
  t.throws(() => host([], {layers: [{source: 'x', data: {bakend: 's6'}}]}), {code: 'HSVC_CONFIG_INVALID'})
})

test('detect tells of every candidate in the order tried, and of the one that is chosen', async t => {
  const {host, package: make, warnings} = hostFixture(t)
  const packages = [
    make('fall', 'available', FALLBACK),
    make('low', 'available', {metadata: {priority: 10}}),
    make('gone', 'absent', {metadata: {priority: 90}}),
    make('bad', `throw new Error('boom')`, {metadata: {priority: 95}}),
    make('here', 'available', {metadata: {priority: 80}}),
  ]
  const {chosen, scope, candidates} = await host(packages).detect()
  t.deepEqual(
    candidates.map(({kind, presence}) => [kind, presence]),
    [
      ['bad', 'broken'],
      ['gone', 'absent'],
      ['here', 'available'],
      ['low', 'available'],
      ['fall', 'available'],
    ],
  )
  t.is(chosen, 'here')
  t.is(scope, 'user')
  t.deepEqual(candidates[2]?.evidence, [{fact: 'test', path: null, value: 'available'}])
  t.deepEqual(warnings, ['@test/bad@1.0.0 is not used: detect failed: boom'])
})

test('detect chooses nothing when the first that is there cannot be reached', async t => {
  const {host, package: make} = hostFixture(t)
  const packages = [
    make('shy', 'unreachable', {metadata: {priority: 90}}),
    make('here'),
    make('fall', 'available', FALLBACK),
  ]
  t.like(await host(packages).detect(), {chosen: null, scope: null})
})

test('detect chooses the fallback when all others are absent', async t => {
  const {host, package: make} = hostFixture(t)
  t.is((await host([make('gone', 'absent'), make('fall', 'available', FALLBACK)]).detect()).chosen, 'fall')
  t.is((await host([make('gone2', 'absent')]).detect()).chosen, null)
})

test('detect chooses what the configuration names, also where it is absent', async t => {
  const {host, package: make} = hostFixture(t)
  const packages = [make('here'), make('gone', 'absent')]
  const forced = (backend: string) => host(packages, {layers: [{source: 'x', data: {backend}}]}).detect()
  t.is((await forced('gone')).chosen, 'gone')
  t.is((await forced('runit')).chosen, null)
})

test('a module that keeps the processor busy does not use up the deadline of the others', async t => {
  const {host, package: make} = hostFixture(t)
  const busy = `const end = Date.now() + 2500; while (Date.now() < end);
    return {presence: 'absent', evidence: []}`
  const packages = [make('busy', busy, {metadata: {priority: 90}}), make('here')]
  const {candidates, chosen} = await host(packages, {loadDeadlineMs: 2000}).detect()
  t.is(candidates[1]?.presence, 'available')
  t.is(chosen, 'here')
})

test('the manager is that of the first available candidate', async t => {
  const {host, package: make} = hostFixture(t)
  const machine = host([make('low', 'available', {metadata: {priority: 1}}), make('here')])
  t.is((await machine.manager()).kind, 'here')
  t.is((await machine.manager({backend: 'low'})).kind, 'low')
  t.is(await machine.manager(), await machine.manager({backend: 'here'}), 'one manager for each backend')
})

test('where nothing is detected the manager is HSVC_NO_BACKEND, which names what was tried', async t => {
  const {host, package: make} = hostFixture(t)
  const none = await rejection(t, 'HSVC_NO_BACKEND', host([]).manager())
  t.regex(none.message, /tried: none/)
  const machine = host([make('gone', 'absent'), make('fall', 'available', FALLBACK)])
  const error = await rejection(t, 'HSVC_NO_BACKEND', machine.manager({fallback: false}))
  t.regex(error.message, /tried: gone, fall/)
  t.regex(error.hint ?? '', /backend detect.*--backend/)
})

test('what provides a kind that is missing is advised by the name that is known, else by that of third parties', async t => {
  const {host} = hostFixture(t)
  const hintFor = async (kind: string): Promise<string | undefined> => {
    const packageOf = (name: string): string | null => (name === 's6' ? '@known/s6' : null)
    return (await rejection(t, 'HSVC_NO_BACKEND', host([], {packageOf}).manager({backend: kind}))).hint
  }
  t.is(await hintFor('s6'), 'hermes-svc plugins install @known/s6')
  t.is(await hintFor('runit'), 'hermes-svc plugins install hermes-svc-backend-runit')
  t.notRegex((await hintFor('x; rm -rf ~')) ?? '', /rm -rf/)
})

asRoot('as root: in the home of another account no package is advised by the name of a kind, which a record may hold', async t => {
  const {host, root} = hostFixture(t)
  chownSync(root, 4711, 4711)
  const {hint = ''} = await rejection(t, 'HSVC_NO_BACKEND', host([]).manager({backend: 'runit'}))
  t.regex(hint, /plugins install PACKAGE/)
  t.notRegex(hint, /runit/)
}) // prettier-ignore

test('where the first init system cannot be reached the manager is HSVC_BACKEND_UNAVAILABLE, unless named', async t => {
  const {host, package: make} = hostFixture(t)
  const packages = [make('shy', 'unreachable', {metadata: {priority: 90}}), make('here')]
  const error = await rejection(t, 'HSVC_BACKEND_UNAVAILABLE', host(packages).manager())
  t.like(error, {hint: 'a hint', backend: 'shy'})
  t.is((await host(packages).manager({backend: 'here'})).kind, 'here')
  t.is((await host(packages, {layers: [{source: 'x', data: {backend: 'shy'}}]}).manager()).kind, 'shy')
})

test('that gateways run under a fallback is said the first time only', async t => {
  const {host, package: make, warnings} = hostFixture(t)
  const packages = [make('gone', 'absent'), make('fall', 'available', FALLBACK)]
  const first = host(packages)
  await first.manager()
  await first.manager()
  t.is(warnings.length, 1)
  t.regex(warnings[0] ?? '', /no init system was detected.*fall/)
  await (await first.manager()).install(CODER, {start: false})
  await host(packages).manager()
  t.is(warnings.filter(warning => warning.includes('no init system')).length, 1)
})

test('a broken backend is warned of once, and not when it was never reached', async t => {
  const {host, package: make, warnings} = hostFixture(t)
  const machine = host([
    make('bad', `throw new Error('boom')`, {metadata: {priority: 90}}),
    make('here'),
    make('late', `throw new Error('late')`, {metadata: {priority: 1}}),
  ])
  await machine.manager()
  await machine.manager()
  t.deepEqual(warnings, ['@test/bad@1.0.0 is not used: detect failed: boom'])
})

test('packages that are not used are warned of', t => {
  const {host, warnings} = hostFixture(t)
  const {warnings: kept} = host([unmadePackage('old', {contract: 0})])
  t.is(warnings.length, 1)
  t.deepEqual(kept, warnings)
})

test('a gateway is managed by the backend that its record names', async t => {
  const {host, package: make} = hostFixture(t)
  const packages = [make('here'), make('low', 'available', {metadata: {priority: 1}})]
  const first = host(packages)
  await (await first.manager({backend: 'low'})).install(CODER, {start: false})
  t.is((await host(packages).managerFor('coder')).kind, 'low')
  t.is((await host(packages).managerFor('coder', {backend: 'here'})).kind, 'here')
  t.is((await host(packages).managerFor('other')).kind, 'here')
})

test('a record that cannot be read leaves its gateway to the chosen backend, with a warning', async t => {
  const {host, package: make, warnings} = hostFixture(t)
  const machine = host([make('here')])
  await (await machine.manager()).install(CODER, {start: false})
  writeFileSync(join(machine.records.directory('coder'), 'record.json'), '{')
  t.true(machine.complete)
  warnings.length = 0
  t.is((await machine.managerFor('coder')).kind, 'here')
  t.false(machine.complete)
  t.regex(warnings.join('\n'), /record\.json: expected JSON/)
})

test('the scope of a new gateway is that of the configuration, else what was detected', async t => {
  const {host, package: make} = hostFixture(t)
  const packages = [make('here')]
  t.is((await host(packages).chosen()).scope, 'user')
  const layers = [{source: 'x', data: {scope: 'system'}}]
  const machine = host(packages, {layers})
  t.is((await machine.chosen()).scope, 'system')
  t.is((await (await machine.manager()).preview(CODER)).spec.scope, 'system')
})

test('install of a profile that Hermes does not have names those it has, and the one that was meant', async t => {
  const {host, package: make, root} = hostFixture(t)
  for (const profile of ['default', 'coder', 'ops']) makeProfile(root, profile)
  const manager = await host([make('here')], {layers: [{source: 'x', data: {hermes: {command: [PROGRAM]}}}]}).manager()
  const error = await rejection(t, 'HSVC_INVALID_SPEC', manager.install({profile: 'codr'}))
  t.is(error.message, `no profile "codr" in ${root} (have: coder, default, ops)`)
  t.is(error.hint, 'Did you mean coder? Create one: hermes profile create codr')
  t.is((await manager.install({profile: 'coder'})).state, 'running')
})

test('a backend that needs configuration gets its own', async t => {
  const {host, package: make} = hostFixture(t)
  const detect = `return {presence: 'available', evidence: [{fact: 'c', path: null, value: JSON.stringify(context.configuration)}]}`
  const layers = [{source: 'x', data: {backends: {here: {scandir: '/run/x'}, other: {a: 1}}}}]
  const {candidates} = await host([make('here', detect)], {layers}).detect()
  t.is(candidates[0]?.evidence[0]?.value, '{"scandir":"/run/x"}')
})

test('what a backend says is warned of, and what it could not read makes the answer incomplete', async t => {
  const {host, package: make, warnings} = hostFixture(t)
  const detect = `context.logger.warn('look'); context.logger.incomplete('could not'); context.logger.debug('detail')
    return {presence: 'available', evidence: []}`
  const details: string[] = []
  const machine = host([make('here', detect)], {debug: message => details.push(message)})
  await machine.detect()
  t.deepEqual(warnings, ['look', 'could not'])
  t.deepEqual(details, ['here: detail'])
  t.false(machine.complete)
})

asRoot('as root: records, locks and logs of a root that another account owns belong to that account', async t => {
  const {host, package: make, root, directory} = hostFixture(t)
  const nobody = accountNamed('nobody')
  if (!nobody) throw new Error('expected an account nobody')
  chmodSync(directory, 0o755)
  chownSync(root, nobody.uid, nobody.gid)
  const machine = host([make('here')])
  const status = await (await machine.manager()).install(CODER)
  t.is(status.state, 'running')
  t.like(machine.records.read('coder')?.spec, {account: 'nobody'})
  for (const path of ['hermes-svc', 'hermes-svc/gateways/coder/record.json', 'hermes-svc/locks']) {
    t.like(lstatSync(join(root, path)), {uid: nobody.uid, gid: nobody.gid})
  }
})

asRoot(
  'as root: a root that belongs to no account needs the account named, or the gateway would run as root',
  async t => {
    const {host, package: make, root, directory} = hostFixture(t)
    chmodSync(directory, 0o755)
    chownSync(root, 54_321, 54_321)
    const manager = await host([make('here')]).manager()
    const error = await rejection(t, 'HSVC_INVALID_SPEC', manager.install(CODER))
    t.regex(error.message, /^account: .*uid 54321/)
    t.is((await manager.install({...CODER, account: 'nobody'})).state, 'running')
  },
)

asRoot('as root: where the owner of the root cannot write in it, root keeps the state elsewhere itself', async t => {
  const {host, package: make, root, directory} = hostFixture(t)
  chmodSync(directory, 0o755)
  chownSync(root, 65_534, 65_534)
  chmodSync(root, 0o555)
  const machine = host([make('here')])
  t.regex(machine.paths.state, /^\/run\/hermes-svc\//)
  t.teardown(() => {
    rmSync(machine.paths.state, {recursive: true, force: true})
    // Another root may keep its state there too.
    if (readdirSync('/run/hermes-svc').length === 0) rmdirSync('/run/hermes-svc')
  })
  t.is((await (await machine.manager()).install(CODER)).state, 'running')
  t.is(lstatSync(machine.records.directory('coder')).uid, 0)
  t.true(machine.warnings.some(warning => warning.includes('cannot be written')))
})

test('a name that every object has is no gateway', async t => {
  const {host, package: make} = hostFixture(t)
  t.is((await host([make('here')]).managerFor('constructor')).kind, 'here')
})

interface SudoFixture {
  /** The profile root of dev, who asks by sudo. */
  readonly own: string
  /** What is warned of when dev asks with more in the environment and in the configuration. */
  warned(env?: Record<string, string>, data?: unknown): readonly string[]
}

/** A machine where dev has a profile root, and root none. */
function sudoFixture(t: ExecutionContext): SudoFixture {
  const directory = temporaryDirectory(t)
  chmodSync(directory, 0o755)
  const home = join(directory, 'dev')
  const own = join(home, '.hermes')
  mkdirSync(own, {recursive: true})
  const warned: SudoFixture['warned'] = (env = {}, data = {}) =>
    createHost({
      packages: [],
      layers: [{source: 'test', data}],
      env: {HOME: join(directory, 'root'), SUDO_USER: 'dev', ...env},
      accountNamed: name => (['dev', 'root'].includes(name) ? {name, uid: 1000, gid: 1000, home} : null),
    }).warnings
  return {own, warned}
}

asRoot('as root: by sudo the warning says how to ask about the caller’s own profile root', t => {
  const {own, warned} = sudoFixture(t)
  const [warning = '', ...more] = warned()
  t.true(warning.endsWith(`for that of dev: sudo HERMES_HOME=${own} hermes-svc ...`), warning)
  t.regex(warning, /root's profile root .*\/root\/\.hermes;/)
  t.deepEqual(more, [])
})

asRoot('as root: by sudo nothing is warned of when the profile root is told, or is the caller’s own', t => {
  const {own, warned} = sudoFixture(t)
  t.deepEqual(warned({HERMES_HOME: '/opt/data'}), [])
  t.deepEqual(warned({}, {hermes: {root: '/opt/data'}}), [])
  t.deepEqual(warned({HOME: join(own, '..')}), [])
})

asRoot('as root: by sudo nothing is warned of when the caller is unknown, is root, or has no profile root', t => {
  const {own, warned} = sudoFixture(t)
  for (const SUDO_USER of ['', 'root', 'nemo']) t.deepEqual(warned({SUDO_USER}), [], SUDO_USER)
  rmSync(own, {recursive: true})
  t.deepEqual(warned(), [])
})

asRoot('as root: by sudo -u another account than root nothing is warned of', t => {
  const {warned} = sudoFixture(t)
  t.deepEqual(
    asAccount(65_534, 65_534, () => warned().filter(warning => warning.includes('sudo'))),
    [],
  )
})
