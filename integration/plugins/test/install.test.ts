import {once} from 'node:events'
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {eventually} from '../../testing/dist/eventually.js'
import {Account} from './account.js'
import type {LoopbackRegistry} from './registry.js'
import {packToy, publishToy} from './toy-packages.js'
import {withRegistry} from './with-registry.js'

const TOY = 'hermes-svc-backend-toy'
const NOBODY = 65_534

const test = withRegistry(async registry => {
  await publishToy(registry, TOY)
})

/** How often tarballs of a package were asked for until now. */
async function fetches(registry: LoopbackRegistry, name: string): Promise<number> {
  // The log is written behind the requests, but in their order.
  const mark = `/-/ping?${String(performance.now())}`
  await registry.get(mark)
  await eventually('the log of the registry', () => registry.requests().some(request => request.endsWith(mark)))
  return registry.requests().filter(request => request.startsWith(`GET /${name}/-/`)).length
}

/** Every file below a directory, with when it was changed. */
function filesOf(directory: string): string[] {
  const files = readdirSync(directory, {recursive: true, encoding: 'utf8'}).sort()
  return files.map(file => `${file} ${String(statSync(join(directory, file)).mtimeMs)}`)
}

test('a plugin is installed by name, chosen by priority and by --backend, upgraded, and uninstalled', async ({
  t,
  registry,
}) => {
  const account = new Account(registry)
  const install = await account.run(['plugins', 'install', TOY])
  t.is(install.code, 0, install.stderr)
  t.is(install.stdout, `✓ ${TOY} 1.0.0 installed · backend toy\n`)
  t.regex(install.stderr, /^hermes-svc-backend-toy 1\.0\.0\n +from +registry http:\/\/127\.0\.0\.1:4873\n/)
  t.is(await account.chosen(), 'toy')
  t.is(await account.chosen('--backend', 'embedded'), 'embedded')
  const list = JSON.parse((await account.run(['gateway', 'list', '--backend', 'toy', '--json'])).stdout) as object
  t.like(list, {backend: 'toy', gateways: []})
  await publishToy(registry, TOY, {version: '1.1.0'})
  const update = await account.run(['plugins', 'update', '--json'])
  t.is(update.stderr, '')
  t.like(JSON.parse(update.stdout), {plugins: [{version: '1.1.0', previousVersion: '1.0.0', result: 'updated'}]})
  t.like(JSON.parse((await account.run(['plugins', 'update', '--json'])).stdout), {plugins: [{result: 'unchanged'}]})
  t.is((await account.run(['plugins', 'uninstall', TOY])).stdout, `✓ ${TOY} 1.1.0 uninstalled\n`)
  t.deepEqual(account.trees(), [])
  t.not(await account.chosen(), 'toy')
})

test('a tag that was asked for is followed by updates, a version is kept', async ({t, registry}) => {
  const name = 'hermes-svc-backend-tagged'
  await publishToy(registry, name, {version: '1.0.0'})
  await publishToy(registry, name, {version: '2.0.0-next.1'}, 'next')
  const [follower, keeper] = [new Account(registry), new Account(registry)]
  await follower.run(['plugins', 'install', `${name}@next`])
  await keeper.run(['plugins', 'install', `${name}@1.0.0`])
  await publishToy(registry, name, {version: '2.0.0-next.2'}, 'next')
  await publishToy(registry, name, {version: '1.5.0'})
  for (const account of [follower, keeper]) await account.run(['plugins', 'update'])
  t.deepEqual(await follower.plugins(), [`${name}@2.0.0-next.2`])
  t.deepEqual(await keeper.plugins(), [`${name}@1.0.0`])
})

for (const [title, name, changes] of [
  ['another contract', 'hermes-svc-backend-contract', {backend: {contract: 2}}],
  ['another platform', 'hermes-svc-backend-platform', {backend: {platforms: ['plan9']}}],
  ['another platform by os', 'hermes-svc-backend-os', {fields: {os: ['darwin']}}],
] as const) {
  test(`a backend for ${title} is refused, and its tarball never asked for`, async ({t, registry}) => {
    await publishToy(registry, name, changes)
    const account = new Account(registry)
    const {code, stdout, stderr} = await account.run(['plugins', 'install', name])
    t.is(code, 69, stderr)
    t.is(stdout, '')
    t.is(await fetches(registry, name), 0)
    t.deepEqual(account.trees(), [])
  })
}

test('a list of allowed plugins refuses the others before the registry is asked at all', async ({t, registry}) => {
  const env = {HERMES_SVC_PLUGINS_ALLOW: JSON.stringify([TOY])}
  const account = new Account(registry)
  const refused = await account.run(['plugins', 'install', 'hermes-svc-backend-unheard'], {env})
  t.is(refused.code, 77)
  t.is(await fetches(registry, 'hermes-svc-backend-unheard'), 0)
  t.false(registry.requests().some(request => request.includes('unheard')))
  t.is((await account.run(['plugins', 'install', TOY], {env})).code, 0)
})

test('install scripts of a plugin and of its dependencies are named and not run, unless they are allowed', async ({
  t,
  registry,
}) => {
  const name = 'hermes-svc-backend-scripted'
  const traces = join(registry.directory, 'traces')
  mkdirSync(traces)
  const script = (trace: string) => ({postinstall: `node -e "fs.writeFileSync('${join(traces, trace)}', '')"`})
  await publishToy(registry, 'a-dependency', {fields: {oclif: undefined, scripts: script('dependency')}})
  const fields = {scripts: script('plugin'), dependencies: {'a-dependency': '^1.0.0'}}
  await publishToy(registry, name, {fields})
  const account = new Account(registry)
  const without = await account.run(['plugins', 'install', name])
  t.is(without.code, 0, without.stderr)
  t.regex(without.stderr, /scripts +postinstall: node -e .*; those of a-dependency — will not be run/)
  t.regex(
    without.stderr,
    /! install scripts were not run: hermes-svc-backend-scripted, a-dependency; .*--allow-scripts/,
  )
  await account.run(['plugins', 'update'])
  t.deepEqual(readdirSync(traces), [])
  const allowed = await account.run(['plugins', 'install', name, '--allow-scripts'])
  t.is(allowed.code, 0, allowed.stderr)
  t.deepEqual(readdirSync(traces).sort(), ['dependency', 'plugin'])
})

test('a dependency that is at an address is refused before it is fetched', async ({t, registry}) => {
  await publishToy(registry, 'a-far-dependency')
  const address = new URL('a-far-dependency/-/a-far-dependency-1.0.0.tgz', registry.url).href
  await publishToy(registry, 'hermes-svc-backend-far', {fields: {dependencies: {'a-far-dependency': address}}})
  const account = new Account(registry)
  const {code, stderr} = await account.run(['plugins', 'install', 'hermes-svc-backend-far'])
  t.is(code, 64, stderr)
  t.regex(stderr, /expected dependencies from the registry/)
  t.deepEqual([await fetches(registry, 'a-far-dependency'), account.trees()], [0, []])
})

test('a failed upgrade leaves the version that was there', async ({t, registry}) => {
  const name = 'hermes-svc-backend-failing'
  await publishToy(registry, name)
  const account = new Account(registry)
  await account.run(['plugins', 'install', name])
  const stands = async (title: string, code: number, got: {code: number | null; stderr: string}) => {
    t.is(got.code, code, `${title}: ${got.stderr}`)
    t.deepEqual(await account.plugins(), [`${name}@1.0.0`], title)
    t.is(await account.chosen(), 'failing', title)
    t.is(account.trees().length, 1, title)
  }
  await stands('no such version', 64, await account.run(['plugins', 'install', `${name}@9.9.9`]))
  await publishToy(registry, name, {version: '2.0.0', backend: {module: './gone.js'}})
  await stands('a package without its module', 64, await account.run(['plugins', 'update']))
  await publishToy(registry, name, {version: '3.0.0', backend: {contract: 7}})
  await stands('another contract', 69, await account.run(['plugins', 'update']))
  await registry.close()
  try {
    // npm would take what it has kept of the registry for as good.
    const env = {npm_config_cache: account.path('cache')}
    await stands('no registry', 74, await account.run(['plugins', 'install', name], {env}))
  } finally {
    await registry.open()
  }
})

test('a package that is another one than its metadata announced is not installed', async ({t, registry}) => {
  const name = 'hermes-svc-backend-liar'
  const tarball = await packToy(registry, name, {backend: {contract: 2}})
  const packageJson = JSON.parse(
    readFileSync(join(registry.directory, 'toys', `${name}-1.0.0`, 'package.json'), 'utf8'),
  ) as {hermesSvc: {backend: object}}
  const announced = {...packageJson, hermesSvc: {backend: {...packageJson.hermesSvc.backend, contract: 1}}}
  await registry.publishAs(announced, tarball)
  const account = new Account(registry)
  const {code, stderr} = await account.run(['plugins', 'install', name])
  t.is(code, 70, stderr)
  t.regex(stderr, /brings +backend liar \(contract 1[^]*expected the package\.json that was announced/)
  t.deepEqual([await account.plugins(), account.trees()], [[], []])
})

test('a tarball needs no registry, whether written as a path or with file:', async ({t, registry}) => {
  const tarball = await packToy(registry, 'hermes-svc-backend-packed')
  await registry.close()
  try {
    for (const word of [tarball, `file:${tarball}`]) {
      const account = new Account(registry)
      const {code, stderr} = await account.run(['plugins', 'install', word])
      t.is(code, 0, stderr)
      t.deepEqual(await account.plugins(), ['hermes-svc-backend-packed@1.0.0'])
    }
  } finally {
    await registry.open()
  }
})

test('a plugin of a repository is fetched only when its address was let through, and none of it is run', async ({
  t,
  registry,
}) => {
  await packToy(registry, 'hermes-svc-backend-git', {fields: {scripts: {prepare: 'exit 1', postinstall: 'exit 1'}}})
  const repository = join(registry.directory, 'toys', 'hermes-svc-backend-git-1.0.0')
  const settings = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'init.defaultBranch=main']
  for (const argv of [
    ['init', '-q'],
    ['add', '.'],
    ['commit', '-q', '-m', 'x'],
  ])
    t.is((await registry.run('git', ['-C', repository, ...settings, ...argv])).code, 0)
  const account = new Account(registry)
  const {code, stderr} = await account.run(['plugins', 'install', `git+file://${repository}`])
  t.is(code, 0, stderr)
  t.regex(stderr, /^git\+file:.*\n +holds +not known before it is fetched/)
  t.deepEqual(await account.plugins(), ['hermes-svc-backend-git@1.0.0'])
})

test('two changes at once are both made', async ({t, registry}) => {
  const name = 'hermes-svc-backend-other'
  await publishToy(registry, name)
  const account = new Account(registry)
  const runs = await Promise.all([TOY, name].map(one => account.run(['plugins', 'install', one])))
  for (const {code, stderr} of runs) t.is(code, 0, stderr)
  t.deepEqual((await account.plugins()).map(plugin => plugin.split('@')[0]).sort(), [name, TOY])
})

test('an install that is killed in the middle changes nothing, and the next one clears up after it', async ({
  t,
  registry,
}) => {
  const name = 'hermes-svc-backend-killed'
  await publishToy(registry, name)
  const account = new Account(registry)
  await account.run(['plugins', 'install', name])
  const before = readFileSync(account.path('data', 'package.json'), 'utf8')
  await publishToy(registry, name, {version: '1.1.0'})
  const files = ['package.json', 'package-lock.json', 'node_modules']
  for (const file of files) {
    const child = account.start(['plugins', 'update'])
    const ended = once(child, 'close')
    const arrived = () => account.trees().some(tree => existsSync(account.path('data', 'plugins', tree, file)))
    const old = account.trees()
    await eventually(
      'the tree of the new version',
      () => account.trees().some(tree => !old.includes(tree)) && arrived(),
    )
    child.kill('SIGKILL')
    await ended
    t.is(readFileSync(account.path('data', 'package.json'), 'utf8'), before)
    t.is(await account.chosen(), 'killed')
  }
  const update = await account.run(['plugins', 'update'])
  t.is(update.stdout, `✓ ${name} 1.1.0 updated (was 1.0.0) · backend killed\n`)
  await account.run(['plugins', 'update'])
  t.is(account.trees().length, 1)
})

test('on a terminal it asks, and anything but yes changes nothing', async ({t, registry}) => {
  const account = new Account(registry)
  const refused = await account.onTerminal(['plugins', 'install', TOY], '\n')
  t.is(refused.code, 130, refused.stdout)
  t.regex(refused.stdout, /Install it\? \[y\/N\]/)
  t.deepEqual([await account.plugins(), account.trees()], [[], []])
  t.is((await account.onTerminal(['plugins', 'install', TOY], 'y\n')).code, 0)
  t.is((await account.plugins()).length, 1)
  const answered = await account.onTerminal(['plugins', 'install', `${TOY}@1.0.0`, '--yes'], '')
  t.is(answered.code, 0)
  t.notRegex(answered.stdout, /\[y\/N\]/)
})

test('plugins of an image are there for every account, which can neither change nor litter them', async ({
  t,
  registry,
}) => {
  const image = new Account(registry)
  await image.run(['plugins', 'install', TOY])
  chmodSync(image.directory, 0o755)
  const before = filesOf(image.path('data'))
  const account = new Account(registry)
  await registry.run('chown', ['-R', String(NOBODY), account.directory])
  const options = {env: {HERMES_SVC_DATA_DIR: image.path('data')}, uid: NOBODY}
  const detected = await account.run(['backend', 'detect', '--json'], options)
  t.like(JSON.parse(detected.stdout), {backend: 'toy', warnings: []})
  t.is((await account.run(['plugins'], options)).code, 0)
  const refused = await account.run(['plugins', 'uninstall', TOY], options)
  t.is(refused.code, 77, refused.stderr)
  t.deepEqual(filesOf(image.path('data')), before)
})

test('an .npmrc of the account says which registry is asked, and the variable goes before it', async ({
  t,
  registry,
}) => {
  const account = new Account(registry)
  const nowhere = 'http://127.0.0.1:9/'
  writeFileSync(account.path('npmrc'), `registry=${nowhere}\n`)
  const env = {npm_config_userconfig: account.path('npmrc'), npm_config_registry: ''}
  t.is((await account.run(['plugins', 'install', TOY], {env})).code, 74)
  t.is((await account.run(['plugins', 'install', TOY], {env: {...env, HERMES_SVC_NPM_REGISTRY: registry.url}})).code, 0)
})
