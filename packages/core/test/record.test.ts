import {execFileSync} from 'node:child_process'
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import {asAccount, RecordStore} from '@hermes-svc/core'
import {sampleRecord} from './fixtures/sample-record.js'
import {temporaryDirectory} from './temporary-directory.js'

const NOBODY = 65_534
const asRoot = process.geteuid?.() === 0 ? test : test.skip

function modeOf(path: string): number {
  return statSync(path).mode & 0o7777
}

test('a record reads back as it was written', async t => {
  const store = new RecordStore(join(temporaryDirectory(t), 'gateways'))
  t.is(store.read('coder'), null)
  const record = sampleRecord()
  await store.write(record)
  t.deepEqual(store.read('coder'), record)
})

test('the kinds that records name are known without reading them', async t => {
  const directory = temporaryDirectory(t)
  const store = new RecordStore(directory)
  t.is(store.backends(), null)
  await store.write(sampleRecord({backend: 's6'}))
  await store.write(sampleRecord({backend: 's6'}))
  t.is(readFileSync(join(directory, '.backends'), 'utf8'), 's6\n')
  await store.write(sampleRecord({backend: 'embedded'}))
  t.deepEqual([...(store.backends() ?? [])], ['s6', 'embedded'])
  await store.write(sampleRecord({profile: 'ops', backend: 'embedded'}))
  store.remove('coder')
  t.deepEqual([...(store.backends() ?? [])], ['s6', 'embedded'], 'it never says too little')
  t.deepEqual(store.profiles(), ['ops'])
  store.remove('ops')
  t.deepEqual(readdirSync(directory), [], 'nothing is left after the last')
})

test('where the note of kinds is lost, the next write makes it of all records', async t => {
  const directory = temporaryDirectory(t)
  const store = new RecordStore(directory)
  await store.write(sampleRecord({profile: 'a', backend: 'embedded'}))
  rmSync(join(directory, '.backends'))
  await store.write(sampleRecord({profile: 'b', backend: 's6'}))
  t.deepEqual([...(store.backends() ?? [])].sort(), ['embedded', 's6'])
  rmSync(join(directory, '.backends'))
  writeFileSync(join(directory, 'a', 'record.json'), 'not JSON')
  await store.write(sampleRecord({profile: 'b', backend: 's6'}))
  t.is(store.backends(), null, 'nobody knows what a record names that cannot be read')
})

test('any argv and environment reads back byte for byte', async t => {
  const store = new RecordStore(temporaryDirectory(t))
  const texts = fc.string({unit: 'binary'})
  await fc.assert(
    fc.asyncProperty(fc.array(texts), fc.dictionary(texts, texts, {noNullPrototype: true}), async (argv, env) => {
      const record = sampleRecord({request: {profile: 'coder', argv, env}})
      await store.write(record)
      t.deepEqual(store.read('coder'), record)
    }),
    {numRuns: 50},
  )
})

test('a record can be read by its owner only, whatever the umask', async t => {
  const directory = join(temporaryDirectory(t), 'state', 'gateways')
  const store = new RecordStore(directory)
  const before = process.umask(0)
  try {
    await store.write(sampleRecord())
  } finally {
    process.umask(before)
  }
  t.is(modeOf(directory), 0o700)
  t.is(modeOf(store.directory('coder')), 0o700)
  t.is(modeOf(join(store.directory('coder'), 'record.json')), 0o600)
})

test('a directory of a gateway that was open to others is closed again', async t => {
  const store = new RecordStore(temporaryDirectory(t))
  mkdirSync(store.directory('coder'), {mode: 0o755})
  await store.write(sampleRecord())
  t.is(modeOf(join(store.directory('coder'), 'record.json')), 0o600)
})

test('what an interrupted write left is no record, and in nobody’s way', async t => {
  const store = new RecordStore(temporaryDirectory(t))
  mkdirSync(store.directory('coder'), {recursive: true})
  writeFileSync(join(store.directory('coder'), '.staging-record.json.0123456789ab'), '{"schemaVersion":1,')
  writeFileSync(join(store.directory('.'), '.staging-x'), '')
  t.is(store.read('coder'), null)
  t.deepEqual(store.list(), {records: [], problems: []})
  await store.write(sampleRecord())
  t.is(store.list().records.length, 1)
})

test('a FIFO in place of a record is an error, and holds nobody up', t => {
  const store = new RecordStore(temporaryDirectory(t))
  mkdirSync(store.directory('coder'))
  execFileSync('mkfifo', [join(store.directory('coder'), 'record.json')])
  t.throws(() => store.read('coder'), {code: 'EINVAL'})
})

test('a write that fails leaves the old record and no staged file', async t => {
  const store = new RecordStore(temporaryDirectory(t))
  await store.write(sampleRecord())
  const path = store.directory('coder')
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  await t.throwsAsync(store.write({...sampleRecord({wanted: 'down'}), path: circular as unknown as string}))
  t.is(store.read('coder')?.wanted, 'up')
  t.deepEqual(readdirSync(path), ['record.json'])
})

for (const [what, text, message] of [
  ['torn JSON', '{"schemaVersion":1,"profile":"cod', /expected JSON/],
  ['an empty file', '', /expected JSON/],
  ['other JSON', '[]', /expected a gateway record/],
  ['null', 'null', /expected a gateway record/],
  ['a newer schema', JSON.stringify({...sampleRecord(), schemaVersion: 2}), /schemaVersion 1 or older, got 2/],
  ['no wanted', JSON.stringify({...sampleRecord(), wanted: 'maybe'}), /expected a gateway record/],
  ['no spec', JSON.stringify({...sampleRecord(), spec: null}), /expected a gateway record/],
  [
    'the record of another gateway',
    JSON.stringify(sampleRecord({profile: 'other'})),
    /expected a gateway record of coder/,
  ],
] as const) {
  test(`${what} instead of a record is refused with a hint, and does not hide the others`, async t => {
    const store = new RecordStore(temporaryDirectory(t))
    await store.write(sampleRecord({profile: 'alpha'}))
    await store.write(sampleRecord())
    writeFileSync(join(store.directory('coder'), 'record.json'), text)
    const error = t.throws(() => store.read('coder'), {code: 'HSVC_UNEXPECTED_OUTPUT', message})
    t.true('hint' in error)
    const {records, problems} = store.list()
    t.deepEqual(
      records.map(record => record.profile),
      ['alpha'],
    )
    t.is(problems.length, 1)
    t.is(problems[0]?.profile, 'coder')
    t.regex(problems[0]?.message ?? '', message)
  })
}

test('a record never names the account to run as', t => {
  const store = new RecordStore(temporaryDirectory(t))
  const request = {profile: 'coder', argv: [process.execPath], account: 'root'}
  mkdirSync(store.directory('coder'), {recursive: true})
  writeFileSync(join(store.directory('coder'), 'record.json'), JSON.stringify(sampleRecord({request})))
  t.false('account' in (store.read('coder')?.request ?? {}))
})

test('directories whose names are no profile names are passed over', async t => {
  const directory = temporaryDirectory(t)
  const store = new RecordStore(directory)
  await store.write(sampleRecord())
  for (const name of ['Coder', '.hidden', 'a b']) mkdirSync(join(directory, name))
  t.deepEqual(store.profiles(), ['coder'])
})

test('records are listed sorted, and none when there is no directory', async t => {
  const directory = join(temporaryDirectory(t), 'gateways')
  const store = new RecordStore(directory)
  t.deepEqual(store.list(), {records: [], problems: []})
  for (const profile of ['zed', 'alpha', 'mid']) await store.write(sampleRecord({profile}))
  t.deepEqual(
    store.list().records.map(record => record.profile),
    ['alpha', 'mid', 'zed'],
  )
})

test('to remove a record removes its directory, but not what a backend keeps in it', async t => {
  const store = new RecordStore(temporaryDirectory(t))
  await store.write(sampleRecord())
  store.remove('coder')
  t.false(existsSync(store.directory('coder')))
  store.remove('coder')
  await store.write(sampleRecord())
  mkdirSync(join(store.directory('coder'), 'embedded'))
  store.remove('coder')
  t.is(store.read('coder'), null)
  t.deepEqual(readdirSync(store.directory('coder')), ['embedded'])
})

test('the file work is done with the rights that the store was given', async t => {
  let entered = 0
  let left = 0
  const store = new RecordStore(temporaryDirectory(t), action => {
    entered += 1
    const result = action()
    left += 1
    return result
  })
  await store.write(sampleRecord())
  store.read('coder')
  store.list()
  store.remove('coder')
  t.true(entered >= 6)
  t.is(left, entered)
})

/** A root that `nobody` owns, inside a directory of root's, and a file that root alone can read. */
function nobodysRoot(t: Parameters<typeof temporaryDirectory>[0]): {store: RecordStore; root: string; secret: string} {
  const top = temporaryDirectory(t)
  const root = join(top, 'home')
  mkdirSync(root)
  chownSync(top, NOBODY, NOBODY)
  chownSync(root, NOBODY, NOBODY)
  const secret = join(top, 'secret')
  writeFileSync(secret, 'THE-SECRET-OF-ROOT', {mode: 0o600})
  const store = new RecordStore(join(root, 'hermes-svc', 'gateways'), action => asAccount(NOBODY, NOBODY, action))
  return {store, root, secret}
}

asRoot('as root: what is written in a home of another account belongs to that account', async t => {
  const {store, root} = nobodysRoot(t)
  await store.write(sampleRecord())
  for (const path of [
    'hermes-svc',
    'hermes-svc/gateways',
    'hermes-svc/gateways/coder',
    'hermes-svc/gateways/coder/record.json',
  ]) {
    t.like(lstatSync(join(root, path)), {uid: NOBODY, gid: NOBODY})
  }
  t.is(process.geteuid?.(), 0)
})

asRoot('as root: a link planted as a record discloses nothing and replaces nothing', async t => {
  const {store, secret} = nobodysRoot(t)
  await store.write(sampleRecord())
  const path = join(store.directory('coder'), 'record.json')
  store.remove('coder')
  asAccount(NOBODY, NOBODY, () => {
    mkdirSync(store.directory('coder'), {recursive: true})
    symlinkSync(secret, path)
  })
  const error = t.throws(() => store.read('coder'), {code: 'EACCES'})
  t.notRegex(JSON.stringify([error, store.list(), error.stack]), /THE-SECRET/)
  t.is(readlinkSync(path), secret)
  await store.write(sampleRecord())
  t.true(lstatSync(path).isFile(), 'the link was replaced, not followed')
  t.is(readFileSync(secret, 'utf8'), 'THE-SECRET-OF-ROOT')
  t.is(statSync(secret).uid, 0)
})

asRoot('as root: a directory of a gateway that is a link into root’s files is not written through', async t => {
  const {store, root, secret} = nobodysRoot(t)
  const target = join(secret, '..', 'roots')
  mkdirSync(target, {mode: 0o700})
  asAccount(NOBODY, NOBODY, () => {
    mkdirSync(join(root, 'hermes-svc', 'gateways'), {recursive: true})
    symlinkSync(target, store.directory('coder'))
  })
  await t.throwsAsync(store.write(sampleRecord()), {code: 'EACCES'})
  t.deepEqual(readdirSync(target), [])
})
