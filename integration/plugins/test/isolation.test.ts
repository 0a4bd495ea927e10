import {chmodSync, chownSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {Account} from './account.js'
import {publishToy} from './toy-packages.js'
import {withRegistry} from './with-registry.js'

const TOY = 'hermes-svc-backend-toy'
const NOBODY = 65_534
const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))
const TOY_MODULE = readFileSync(join(REPOSITORY, 'packages/cli/test/fixtures/toy-backend/index.js'), 'utf8')

const test = withRegistry(async registry => {
  await publishToy(registry, TOY)
})

interface Listed {
  readonly backend: string
  readonly warnings: readonly string[]
}

async function listed(account: Account, uid?: number): Promise<Listed> {
  const {stdout} = await account.run(['gateway', 'list', '--json'], uid === undefined ? {} : {uid})
  return JSON.parse(stdout) as Listed
}

test('a plugin that npm gave a copy of core of its own works, and its errors are known by their codes', async ({
  t,
  registry,
}) => {
  await registry.publishProduct()
  const {version} = JSON.parse(readFileSync(join(REPOSITORY, 'packages/core/package.json'), 'utf8')) as {
    version: string
  }
  const own = 'hermes-svc-backend-own'
  const stop = `async stop(profile) {
      if (context.error === serviceError) throw new Error('expected two copies of core')
      throw serviceError('HSVC_BUSY', profile + ' is busy', {hint: 'wait a little'})
    },
    async unused(profile) {`
  const module = TOY_MODULE.replaceAll("kind: 'toy'", "kind: 'own'")
    .replace('function create({paths}) {', 'function create(context) {\n  const {paths} = context')
    .replace('async stop(profile) {', stop)
  await publishToy(registry, own, {
    fields: {dependencies: {'@hermes-svc/core': version}},
    module: `import {serviceError} from '@hermes-svc/core'\n${module}`,
  })
  const account = new Account(registry)
  const install = await account.run(['plugins', 'install', own])
  t.is(install.code, 0, install.stderr)
  const up = await account.run(['gateway', 'install', 'coder', '--json', '--', 'node'])
  t.is(up.code, 0, up.stdout + up.stderr)
  t.like(JSON.parse(up.stdout), {backend: 'own', gateways: [{profile: 'coder', state: 'running'}]})
  const {code, stdout} = await account.run(['gateway', 'stop', 'coder', '--json'])
  t.is(code, 75)
  t.like(JSON.parse(stdout), {error: {code: 'HSVC_BUSY', message: 'coder is busy', hint: 'wait a little'}})
})

test('of several plugins those that are broken are named, and the one that works is used', async ({t, registry}) => {
  const account = new Account(registry)
  for (const [kind, module] of [
    ['throwing', "throw new Error('boom')"],
    ['hanging', 'setInterval(() => undefined, 1000)\nawait new Promise(() => undefined)'],
    ['stray', `setTimeout(() => { throw new Error('late') })\nawait new Promise(resolve => setTimeout(resolve, 20))`],
  ] as const) {
    const name = `hermes-svc-backend-${kind}`
    await publishToy(registry, name, {backend: {priority: 90}, module})
    t.is((await account.run(['plugins', 'install', name])).code, 0)
  }
  await account.run(['plugins', 'install', TOY])
  const {backend, warnings} = await listed(account)
  t.is(backend, 'toy')
  for (const pattern of [/throwing@1\.0\.0 is not used: boom/, /hanging@1\.0\.0 .* 500 ms/, /stray failed .*: late/])
    t.true(
      warnings.some(warning => pattern.test(warning)),
      `${String(pattern)} in ${warnings.join('\n')}`,
    )
  const {stdout} = await account.run(['doctor'])
  t.regex(stdout, /^! hermes-svc-backend-throwing@1\.0\.0 is not used: boom$/m)
})

test('a plugin that ends the program is named, and can be uninstalled', async ({t, registry}) => {
  const name = 'hermes-svc-backend-exiting'
  await publishToy(registry, name, {module: 'process.exit(0)'})
  const account = new Account(registry)
  await account.run(['plugins', 'install', name])
  const {code, stdout} = await account.run(['gateway', 'list', '--json'])
  t.is(code, 1)
  t.like(JSON.parse(stdout), {
    error: {
      message: `${name} ended the program before the command was done`,
      hint: `hermes-svc plugins uninstall ${name}`,
    },
  })
  t.is((await account.run(['plugins', 'uninstall', name])).code, 0)
  t.is((await account.run(['gateway', 'list', '--json'])).code, 0)
})

test('a plugin whose hook hangs ends the command with a reason, and can be uninstalled', async ({t, registry}) => {
  const name = 'hermes-svc-plugin-hanging'
  const hook = 'export default () => new Promise(() => { setInterval(() => undefined, 1000) })'
  await publishToy(registry, name, {fields: {oclif: {hooks: {init: './index.js'}}}, module: hook})
  const account = new Account(registry)
  t.is((await account.run(['plugins', 'install', name])).code, 0)
  const {code, stdout} = await account.run(['gateway', 'list', '--json'])
  t.is(code, 1)
  t.like(JSON.parse(stdout), {
    error: {code: 'HSVC_INTERNAL', message: 'a plugin seems to hang: the command has not begun'},
  })
  t.is((await account.run(['plugins', 'uninstall', name])).code, 0)
})

test('root that comes with the places of another account loads none of its plugins', async ({t, registry}) => {
  const account = new Account(registry)
  chmodSync(account.directory, 0o755)
  for (const place of ['home', 'root', 'data']) chownSync(account.path(place), NOBODY, NOBODY)
  // The registry's cache of npm is root's.
  const env = {npm_config_cache: account.path('home', 'npm')}
  const install = await account.run(['plugins', 'install', TOY], {uid: NOBODY, env})
  t.is(install.code, 0, install.stderr)
  t.is((await listed(account, NOBODY)).backend, 'toy')
  const {backend, warnings} = await listed(account)
  t.not(backend, 'toy')
  t.regex(warnings.join('\n'), /^the plugins in .* are ignored: accounts other than root can write /m)
})
