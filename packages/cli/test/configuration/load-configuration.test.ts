import {chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {type LoadContext, loadConfiguration} from '../../dist/configuration/load-configuration.js'

class Places {
  readonly directory = mkdtempSync(join(tmpdir(), 'hsvc-config-'))
  readonly warnings: string[] = []

  constructor(t: ExecutionContext) {
    t.teardown(() => {
      rmSync(this.directory, {recursive: true, force: true})
    })
  }

  write(path: string, contents: string): string {
    const file = join(this.directory, path)
    mkdirSync(dirname(file), {recursive: true})
    writeFileSync(file, contents)
    return file
  }

  context(changes: Partial<LoadContext> = {}): LoadContext {
    return {
      env: {HERMES_SVC_CONFIG_DIR: join(this.directory, 'user')},
      platform: 'win32',
      home: join(this.directory, 'home'),
      root: join(this.directory, 'root'),
      uid: 1000,
      warn: message => this.warnings.push(message),
      ...changes,
    }
  }
}

const asRoot = process.getuid?.() === 0 ? test : test.skip
const invalid = {code: 'HSVC_CONFIG_INVALID'} as object

test('without a file there is no layer', async t => {
  t.is(await loadConfiguration(new Places(t).context()), null)
})

test('the first of --config, HERMES_SVC_CONFIG, the root and the user directory is read, JSON before YAML', async t => {
  const places = new Places(t)
  const files = [
    'flag.yaml',
    'variable.json',
    'root/hermes-svc.json',
    'root/hermes-svc.yaml',
    'user/config.json',
    'user/config.yaml',
  ]
  const paths = files.map(file =>
    places.write(file, file.endsWith('json') ? `{"backend": "${file}"}` : `backend: ${file}`),
  )
  const env = {...places.context().env, HERMES_SVC_CONFIG: paths[1]}
  t.deepEqual(await loadConfiguration(places.context({explicit: paths[0], env})), {
    source: paths[0],
    data: {backend: 'flag.yaml'},
  })
  t.like(await loadConfiguration(places.context({env})), {data: {backend: 'variable.json'}})
  for (const index of [2, 3, 4, 5]) {
    t.like(await loadConfiguration(places.context()), {source: paths[index], data: {backend: files[index]}})
    rmSync(paths[index] ?? '')
  }
  t.is(await loadConfiguration(places.context({env: {...places.context().env, HERMES_SVC_CONFIG: ''}})), null)
})

test('an empty file is an empty layer', async t => {
  const places = new Places(t)
  t.deepEqual((await loadConfiguration(places.context({explicit: places.write('empty.yaml', '\n')})))?.data, {})
})

const refused: [title: string, name: string, contents: string, message: RegExp][] = [
  ['a program', 'x.js', 'globalThis.ran = true', /is a program; a configuration is data/],
  ['a program in TypeScript', 'x.ts', 'globalThis.ran = true', /is a program/],
  ['a module', 'x.mjs', 'globalThis.ran = true', /is a program/],
  ['an ending nobody knows', 'x.toml', 'a = 1', /JSON or YAML/],
  ['$import', 'x.yaml', '$import: ./other.json', /unknown key \$import/],
  ['$import in JSON', 'x.json', '{"$import": "./other.js"}', /unknown key \$import/],
  ['broken JSON', 'x.json', '{"a": ', /x\.json: expected JSON or YAML data/],
  ['broken YAML', 'x.yaml', 'a: [', /x\.yaml: expected JSON or YAML data/],
  ['code in YAML', 'x.yaml', 'a: !!js/function "function () {}"', /x\.yaml: expected JSON or YAML data/],
]

for (const [title, name, contents, message] of refused) {
  test(`refused as configuration: ${title}`, async t => {
    const places = new Places(t)
    const explicit = places.write(name, contents)
    const error = await t.throwsAsync(loadConfiguration(places.context({explicit})), {message})
    t.like(error, invalid)
    t.false(Object.hasOwn(globalThis, 'ran'))
  })
}

test('a file that was named has to be there, and to be a file', async t => {
  const places = new Places(t)
  t.like(await t.throwsAsync(loadConfiguration(places.context({explicit: '/no/such.json'}))), invalid)
  mkdirSync(join(places.directory, 'root', 'hermes-svc.json'), {recursive: true})
  t.like(await t.throwsAsync(loadConfiguration(places.context()), {message: /regular file/}), invalid)
})

test('the current directory stays, and is not needed', async t => {
  const places = new Places(t)
  const explicit = places.write('c.json', '{}')
  const before = process.cwd()
  const gone = join(places.directory, 'gone')
  mkdirSync(gone)
  process.chdir(gone)
  try {
    t.like(await loadConfiguration(places.context({explicit})), {data: {}})
    t.is(process.cwd(), gone)
    rmSync(gone, {recursive: true})
    t.like(await loadConfiguration(places.context({explicit})), {data: {}})
  } finally {
    process.chdir(before)
  }
})

asRoot(
  'root (needs root): a named file that others can write is refused, by mode, owner, link or directory',
  async t => {
    const places = new Places(t)
    chmodSync(places.directory, 0o755)
    const file = places.write('etc/c.json', '{}')
    const context = places.context({explicit: file, uid: 0})
    t.like(await loadConfiguration(context), {data: {}})
    const refuses = async (explicit: string): Promise<void> => {
      t.like(
        await t.throwsAsync(loadConfiguration({...context, explicit}), {message: /other accounts can write/}),
        invalid,
      )
    }
    chmodSync(file, 0o664)
    await refuses(file)
    chmodSync(file, 0o644)
    chownSync(file, 65_534, 65_534)
    await refuses(file)
    chownSync(file, 0, 0)
    chmodSync(dirname(file), 0o777)
    await refuses(file)
    // As in /tmp: others may add names, and replace none of root's.
    chmodSync(dirname(file), 0o1777)
    t.like(await loadConfiguration(context), {data: {}})
    const link = join(places.directory, 'home', 'c.json')
    mkdirSync(dirname(link))
    symlinkSync(file, link)
    chownSync(dirname(link), 65_534, 65_534)
    await refuses(link)
  },
)

asRoot('root (needs root): a file in a fixed place that others can write is passed over with a warning', async t => {
  const places = new Places(t)
  chmodSync(places.directory, 0o755)
  const bad = places.write('root/hermes-svc.json', '{"backend": "evil"}')
  chownSync(dirname(bad), 65_534, 65_534)
  places.write('user/config.yaml', 'backend: good')
  t.like(await loadConfiguration(places.context({uid: 0})), {data: {backend: 'good'}})
  t.is(places.warnings.length, 1)
  t.true(places.warnings[0]?.startsWith(`${bad} is ignored`))
})
