import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {
  accountNamed,
  asAccount,
  createToolRunner,
  serviceError,
  type BackendContext,
  type Writer,
} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import {S6Tools} from '../dist/s6-tools.js'
import {type Definition, renderDefinition} from '../dist/service-directory.js'
import {CONTROL_FIFOS} from '../dist/slot-names.js'
import {type SlotOwner, SlotStore} from '../dist/slot-store.js'
import {plainFacts, plainSpec} from './plain-gateway.js'
import {hasS6} from './s6-scandir.js'

const SELF: Writer = {
  uid: process.geteuid?.() ?? 0,
  gid: process.getegid?.() ?? 0,
  name: null,
  borrowed: false,
  run: work => work(),
}

const FIRST = renderDefinition(plainSpec(), plainFacts(), 'installed')
const SECOND = renderDefinition(plainSpec({env: {TOKEN: 'other'}}), plainFacts(), 'installed')

class StoreFixture {
  readonly scandir = mkdtempSync(join(tmpdir(), 's6-store-'))
  readonly store: SlotStore
  readonly slot: string
  readonly #tools: S6Tools

  constructor(t: ExecutionContext, writer = SELF) {
    t.teardown(() => {
      rmSync(this.scandir, {recursive: true, force: true})
    })
    chownSync(this.scandir, writer.uid, writer.gid)
    this.store = new SlotStore(this.scandir, writer)
    this.slot = this.store.directory('coder')
    const context = {caller: {uid: SELF.uid}, tools: createToolRunner(process.env), error: serviceError}
    this.#tools = new S6Tools(context as unknown as BackendContext, writer, null)
  }

  async make(definition: Definition = FIRST, owner: SlotOwner = SELF): Promise<void> {
    const staged = this.store.stage('coder', definition, owner)
    await this.#tools.makeFifos(CONTROL_FIFOS.map(name => join(staged, name)))
    this.store.publish('coder', owner)
  }

  /** Mode and owner of everything in the slot. */
  modes(): Record<string, string> {
    // readdir follows links to directories.
    const names = readdirSync(this.slot, {recursive: true, encoding: 'utf8'}).filter(
      name => !name.startsWith('current/'),
    )
    return Object.fromEntries(
      ['', ...names].map(name => {
        const {mode, uid, gid} = lstatSync(join(this.slot, name))
        return [
          name.replace(/^definition\.\w+/, 'definition'),
          `${(mode & 0o7777).toString(8)} ${String(uid)}:${String(gid)}`,
        ]
      }),
    )
  }

  read(name: string): string {
    return readFileSync(join(this.slot, name), 'utf8')
  }
}

function expectedModes(writer: SlotOwner, owner: SlotOwner): Record<string, string> {
  const as = (mode: string, {uid} = writer, {gid} = writer): string => `${mode} ${String(uid)}:${String(gid)}`
  const isHanded = writer.uid !== owner.uid
  const skeleton = (mode: string): string => as(mode, writer, owner)
  return {
    '': isHanded ? as('750', writer, owner) : as('700'),
    current: as('777'),
    data: as('700', owner, owner),
    definition: as('755'),
    'definition/environment': as('600', owner, owner),
    'definition/facts': as('777'),
    'definition/finish': as('755'),
    'definition/log-run': as('755'),
    'definition/run': as('755'),
    'definition/timeout-kill': as('644'),
    down: as('644'),
    environment: as('777'),
    event: skeleton('3730'),
    finish: as('777'),
    log: as('755'),
    'log/event': skeleton('3730'),
    'log/run': as('777'),
    'log/supervise': skeleton('755'),
    'log/supervise/control': skeleton('660'),
    'max-death-tally': as('644'),
    run: as('777'),
    supervise: skeleton('755'),
    'supervise/control': skeleton('660'),
    'timeout-finish': as('644'),
    'timeout-kill': as('777'),
    type: as('644'),
  }
}

test('a slot is whole, with the modes that s6 and the gateway need, whatever the umask', async t => {
  for (const umask of [0o022, 0o077, 0o777]) {
    const fixture = new StoreFixture(t)
    const before = process.umask(umask)
    let after: number
    try {
      const staged = fixture.store.stage('coder', FIRST, SELF)
      t.is(staged, join(fixture.scandir, '.gateway-coder.new'))
    } finally {
      after = process.umask(before)
    }
    t.is(after, umask)
    fixture.store.remove(fixture.store.staged('coder'))
    await fixture.make()
    t.deepEqual(fixture.modes(), expectedModes(SELF, SELF))
  }
})

const nobody = process.geteuid?.() === 0 && hasS6 ? accountNamed('nobody') : null
const asRoot = nobody === null ? test.skip : test
const why = nobody === null ? ' (skipped: needs root, s6 and an account nobody)' : ''

asRoot(
  `an account that root writes for may control its gateway, and change nothing that root executes${why}`,
  async t => {
    const owner = nobody ?? SELF
    const fixture = new StoreFixture(t)
    await fixture.make(FIRST, owner)
    t.deepEqual(fixture.modes(), expectedModes(SELF, owner))
    fixture.store.replace('coder', SECOND, owner)
    t.deepEqual(fixture.modes(), expectedModes(SELF, owner))
    t.is(fixture.store.ownerOf('coder'), owner.uid)
    const denied = {code: 'EACCES'}
    chmodSync(fixture.scandir, 0o755)
    for (const name of ['run', 'finish', 'type', 'log/run', 'timeout-kill', 'down', 'current/facts'])
      t.throws(() => asAccount(owner.uid, owner.gid, () => writeFileSync(join(fixture.slot, name), '')), denied, name)
    for (const name of ['new', 'log/new', 'supervise/new', 'current/new'])
      t.throws(() => asAccount(owner.uid, owner.gid, () => mkdirSync(join(fixture.slot, name))), denied, name)
    t.notThrows(() => asAccount(owner.uid, owner.gid, () => writeFileSync(join(fixture.slot, 'data', 'parked'), '')))
    t.is(
      asAccount(owner.uid, owner.gid, () => fixture.read('environment')),
      fixture.read('environment'),
    )
  },
)

asRoot(`in a scan directory of another account root leaves nothing of its own${why}`, async t => {
  const {uid, gid} = nobody ?? SELF
  const writer: Writer = {uid, gid, name: 'nobody', borrowed: true, run: work => asAccount(uid, gid, work)}
  const fixture = new StoreFixture(t, writer)
  await fixture.make(FIRST, writer)
  t.deepEqual(fixture.modes(), expectedModes(writer, writer))
  fixture.store.replace('coder', SECOND, writer)
  t.deepEqual(fixture.modes(), expectedModes(writer, writer))
})

test('a slot that is there is not published over', async t => {
  const fixture = new StoreFixture(t)
  await fixture.make()
  await t.throwsAsync(fixture.make(SECOND), {code: 'ENOTEMPTY'})
  t.is(readlinkSync(join(fixture.slot, 'current')), FIRST.directory)
})

test('another definition takes the place of the one in force, whose values do not stay behind', async t => {
  const fixture = new StoreFixture(t)
  await fixture.make()
  t.regex(fixture.read('environment'), /se same/)
  fixture.store.replace('coder', SECOND, SELF)
  t.is(readlinkSync(join(fixture.slot, 'current')), SECOND.directory)
  t.is(fixture.read('environment'), 'export TOKEN=other\n')
  t.false(existsSync(join(fixture.slot, FIRST.directory)))
  t.deepEqual(fixture.modes(), expectedModes(SELF, SELF))
})

test('the definition that runs stays until the gateway is down, and is not lost by going back and forth', async t => {
  const fixture = new StoreFixture(t)
  await fixture.make()
  symlinkSync(`../${FIRST.directory}`, join(fixture.slot, 'data', 'running'))
  fixture.store.replace('coder', SECOND, SELF)
  t.true(existsSync(join(fixture.slot, FIRST.directory, 'run')))
  fixture.store.replace('coder', FIRST, SELF)
  t.false(existsSync(join(fixture.slot, SECOND.directory)))
  fixture.store.replace('coder', SECOND, SELF)
  t.true(existsSync(join(fixture.slot, FIRST.directory, 'run')))
  fixture.store.forgive('coder')
  t.false(existsSync(join(fixture.slot, FIRST.directory)))
  t.is(fixture.read('environment'), 'export TOKEN=other\n')
})

for (const part of [
  ...['type', 'timeout-finish', 'max-death-tally', 'run', 'finish', 'environment', 'timeout-kill', 'log/run'],
  ...['current/run', 'current/finish', 'current/log-run', 'current/environment', 'current/timeout-kill'],
])
  test(`a slot without ${part} is damaged, until its definition is written again`, async t => {
    const fixture = new StoreFixture(t)
    const {store, slot} = fixture
    await fixture.make()
    t.false(store.isDamaged('coder'))
    rmSync(join(slot, part))
    t.true(store.isDamaged('coder'))
    store.replace('coder', FIRST, SELF)
    t.false(store.isDamaged('coder'))
  })

test('a slot whose run is no link of ours is damaged, and one without our facts is somebody else’s', async t => {
  const fixture = new StoreFixture(t)
  const {store, slot} = fixture
  await fixture.make()
  rmSync(join(slot, 'run'))
  writeFileSync(join(slot, 'run'), '#!/bin/sh\n')
  t.true(store.isDamaged('coder'))
  rmSync(join(slot, 'current', 'facts'))
  t.false(store.isDamaged('coder'))
  t.false(store.isDamaged('nobody'))
})

test('what was damaged by hand is put right by the same definition, and notes of the gateway stay', async t => {
  const fixture = new StoreFixture(t)
  await fixture.make()
  const at = (name: string): string => join(fixture.slot, name)
  const contents = (): Record<string, string> =>
    Object.fromEntries(
      ['run', 'finish', 'log/run', 'environment', 'type', 'timeout-kill'].map(name => [name, fixture.read(name)]),
    )
  const [modes, texts] = [fixture.modes(), contents()]
  writeFileSync(at('data/backoff'), '1 1000 7\n')
  const damages: (() => void)[] = [
    () => writeFileSync(at('run'), '#!/bin/sh\nexit 1\n'),
    () => chmodSync(at('environment'), 0o644),
    () => rmSync(at('run')),
    () => rmSync(at('type')),
    () => rmSync(at(`${FIRST.directory}/environment`)),
    () => {
      rmSync(at('finish'))
      writeFileSync(at('finish'), 'mine', {mode: 0o600})
    },
    () => {
      rmSync(at('log/run'))
      mkdirSync(at('log/run/inner'), {recursive: true})
    },
    () => {
      rmSync(at('timeout-kill'))
      symlinkSync('/dev/null', at('timeout-kill'))
    },
    () => writeFileSync(at('run.new'), 'of a killed run'),
    () => mkdirSync(at('definition.0123456789abcdef')),
  ]
  for (const damage of damages) {
    damage()
    fixture.store.replace('coder', FIRST, SELF)
    const {'data/backoff': note, 'run.new': left, ...rest} = fixture.modes()
    t.truthy(note)
    t.is(left, undefined)
    t.deepEqual(rest, modes)
    t.deepEqual(contents(), texts)
  }
})

test('slots have valid profile names, sorted, and are directories or links to some', t => {
  const fixture = new StoreFixture(t)
  for (const name of ['gateway-writer', 'gateway-Coder', 'gateway-', '.gateway-ada.new', 'other', 'gateway-b'])
    mkdirSync(join(fixture.scandir, name))
  symlinkSync('gateway-b', join(fixture.scandir, 'gateway-a'))
  writeFileSync(join(fixture.scandir, 'gateway-file'), '')
  const named = fixture.store.profiles()
  t.deepEqual(named, ['a', 'b', 'file', 'writer'])
  const slots = named.filter(profile => fixture.store.isSlot(fixture.store.directory(profile)))
  t.deepEqual(slots, ['a', 'b', 'writer'])
})

test('notes are written and forgotten', async t => {
  const fixture = new StoreFixture(t)
  await fixture.make()
  rmSync(join(fixture.slot, 'down'))
  fixture.store.keepDown('coder')
  t.is(fixture.read('down'), '')
  fixture.store.announceRestart('coder', 77)
  t.is(fixture.read('data/restart'), '77\n')
  for (const name of ['parked', 'backoff']) writeFileSync(join(fixture.slot, 'data', name), '')
  fixture.store.forgive('coder')
  t.deepEqual(readdirSync(join(fixture.slot, 'data')), ['restart'])
})

test('a slot is hidden, and removed with everything in it', async t => {
  const fixture = new StoreFixture(t)
  await fixture.make()
  fixture.store.retire('coder')
  t.deepEqual(readdirSync(fixture.scandir), ['.gateway-coder.old'])
  fixture.store.remove(fixture.store.retired('coder'))
  t.deepEqual(readdirSync(fixture.scandir), [])
})

test("the files of somebody else's slot are its definition, without what supervisors keep", t => {
  const fixture = new StoreFixture(t)
  for (const name of ['supervise', 'event', 'log/supervise', 'log/event', 'env'])
    mkdirSync(join(fixture.slot, name), {recursive: true})
  for (const name of ['run', 'log/run', 'env/TOKEN', 'supervise/status']) writeFileSync(join(fixture.slot, name), name)
  chmodSync(join(fixture.slot, 'run'), 0o755)
  symlinkSync('/etc/passwd', join(fixture.slot, 'link'))
  const files = fixture.store.foreignFiles('coder')
  t.deepEqual(files.map(({name, contents}) => [name, contents.toString()]).sort(), [
    ['env/TOKEN', 'env/TOKEN'],
    ['log/run', 'log/run'],
    ['run', 'run'],
  ])
  t.is(files.find(({name}) => name === 'run')?.mode, 0o755)
})
