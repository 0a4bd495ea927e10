import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {DEFAULT_CONFIGURATION} from '@hermes-svc/core'
import {type Installation, installPlugin} from '../../dist/plugins/install-plugin.js'
import {PluginDirectory} from '../../dist/plugins/plugin-directory.js'

const NAME = 'backend-x'
const request = {type: 'registry', name: NAME, wanted: 'latest'} as const
const packageJson = {
  name: NAME,
  version: '1.0.0',
  oclif: {},
  scripts: {postinstall: 'node install.js'},
  hermesSvc: {backend: {contract: 1, kind: 'x', priority: 60, platforms: ['linux'], module: './index.js'}},
}

interface Arrival {
  readonly announced?: object
  readonly arrived?: object
  readonly version?: string
  readonly module?: string
}

/** What was done, in order, with an npm that fetches nothing. */
function fixture(t: ExecutionContext, overrides: Partial<Installation> = {}) {
  const path = mkdtempSync(join(tmpdir(), 'hsvc-install-'))
  t.teardown(() => rmSync(path, {recursive: true, force: true}))
  const directory = new PluginDirectory(path)
  const steps: string[] = []
  const install = async ({
    announced = packageJson,
    arrived = packageJson,
    version = '1.0.0',
    module = 'index.js',
  }: Arrival = {}) => {
    steps.length = 0
    const lock = {name: NAME, version, integrity: `sha512-${version}`, resolved: null, dependencies: 0}
    const locked = {version, integrity: lock.integrity}
    const packages = {'': {dependencies: {[NAME]: version}}, [`node_modules/${NAME}`]: locked}
    return await installPlugin(request, {
      directory,
      packages: () => [],
      platform: 'linux',
      host: {configuration: DEFAULT_CONFIGURATION, origins: {}},
      allowScripts: false,
      approveAddress: async () => undefined,
      approve: async () => void steps.push('approve'),
      during: async (_text, action) => await action(),
      npm: {
        resolve: async tree => {
          steps.push('resolve')
          writeFileSync(join(tree, 'package-lock.json'), JSON.stringify({packages}))
          return {...lock, scriptedDependencies: []}
        },
        view: async () => ({...announced, _step: steps.push('view')}),
        fetch: async tree => {
          steps.push('fetch')
          const root = join(tree, 'node_modules', NAME)
          mkdirSync(root, {recursive: true})
          writeFileSync(join(root, 'package.json'), JSON.stringify(arrived))
          writeFileSync(join(root, module), '')
        },
        runScripts: async () => void steps.push('scripts'),
      },
      ...overrides,
    })
  }
  const trees = () => (existsSync(join(path, 'plugins')) ? readdirSync(join(path, 'plugins')) : [])
  return {directory, steps, install, trees}
}

test('it is looked up, approved, and only then fetched; scripts are not run', async t => {
  const {directory, steps, install, trees} = fixture(t)
  t.like(await install(), {previous: null, changed: true, scriptsRun: false})
  t.deepEqual(steps, ['resolve', 'view', 'approve', 'fetch'])
  t.like(directory.entries(), [{name: NAME, type: 'user', tag: 'latest'}])
  t.is(trees().length, 1)
})

test('scripts that are allowed run last, also when that very package is there already', async t => {
  const {steps, install} = fixture(t, {allowScripts: true})
  for (let time = 0; time < 2; time++) {
    t.like(await install(), {scriptsRun: true})
    t.deepEqual(steps, ['resolve', 'view', 'approve', 'fetch', 'scripts'])
  }
})

test('the very package that is there already is neither approved nor fetched again', async t => {
  const {steps, install, trees} = fixture(t)
  await install()
  t.like(await install(), {previous: '1.0.0', changed: false})
  t.deepEqual(steps, ['resolve', 'view'])
  t.is(trees().length, 1)
})

test('what is not approved is not fetched and leaves nothing', async t => {
  const {directory, steps, install, trees} = fixture(t, {approve: () => Promise.reject(new Error('no'))})
  await t.throwsAsync(install(), {message: 'no'})
  t.deepEqual(steps, ['resolve', 'view'])
  t.deepEqual([directory.entries(), trees()], [[], []])
})

const {backend} = packageJson.hermesSvc
for (const [title, announced, arrived] of [
  ['another backend', packageJson, {...packageJson, hermesSvc: {backend: {...backend, contract: 2}}}],
  ['an install script', {...packageJson, scripts: {}}, packageJson],
  ['another install script', {...packageJson, scripts: {postinstall: 'true'}}, packageJson],
  ['no sign of a plugin', packageJson, {...packageJson, oclif: undefined}],
] as const) {
  test(`a package that arrives with ${title} that was not announced is thrown away, and the one that stood stays`, async t => {
    const {directory, install, trees} = fixture(t)
    await install()
    const before = directory.entries()
    await t.throwsAsync(install({announced, arrived, version: '1.1.0'}), {code: 'HSVC_UNEXPECTED_OUTPUT'})
    t.deepEqual(directory.entries(), before)
    t.is(trees().length, 1)
  })
}

test('a package without the module that it names is thrown away', async t => {
  const {directory, install, trees} = fixture(t)
  await t.throwsAsync(install({module: 'source.ts'}), {code: 'HSVC_INVALID_SPEC', message: /module \.\/index\.js/})
  t.deepEqual([directory.entries(), trees()], [[], []])
})

test('it is said what is there now: an installed version, a linked one, or a bundled package of the name', async t => {
  const told: (string | null)[] = []
  const approve = async (_facts: unknown, current: string | null) => void told.push(current)
  const bundled = {name: NAME, version: '0.1.0', root: '/', source: 'bundled', metadata: backend} as const
  const {directory, install} = fixture(t, {approve, packages: () => [bundled]})
  await install()
  await install({version: '1.1.0', announced: packageJson})
  directory.publish({...directory.entries()[0], name: NAME, type: 'link'})
  await install({version: '1.2.0'})
  t.deepEqual(told, ['0.1.0, bundled', '1.0.0', '1.0.0, linked'])
})

test('a script that npm adds for a package with native code need not be in its package.json', async t => {
  const announced = {...packageJson, gypfile: true, scripts: {...packageJson.scripts, install: 'node-gyp rebuild'}}
  t.like(await fixture(t).install({announced}), {changed: true})
})
