import {cpSync, existsSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {Machine, packageRoot} from './program.js'

// Port 9 of loopback is discard(9), where nobody listens: whatever is fetched fails at once.
const NO_REGISTRY = {HERMES_SVC_NPM_REGISTRY: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0'}
const ALLOW = {...NO_REGISTRY, HERMES_SVC_PLUGINS_ALLOW: '["hermes-svc-backend-good"]'}

for (const source of ['hermes-svc-backend-evil', './toy', 'https://127.0.0.1/evil.git']) {
  test(`plugins install of ${source} is refused when plugins.allow does not have it, before anything is fetched`, async t => {
    const machine = new Machine(t)
    cpSync(join(packageRoot, 'test', 'fixtures', 'toy-backend'), machine.path('work', 'toy'), {recursive: true})
    const {code, stderr} = await machine.run(['plugins', 'install', source], {env: ALLOW})
    t.is(code, 77, stderr)
    t.regex(stderr, /plugins\.allow: expected one of hermes-svc-backend-good, got /)
    t.regex(stderr, /set in environment/)
    t.false(existsSync(machine.path('data', 'package.json')))
  })
}

test('plugins link is held to plugins.allow too', async t => {
  const machine = new Machine(t)
  const toy = join(packageRoot, 'test', 'fixtures', 'toy-backend')
  const {code, stderr} = await machine.run(['plugins', 'link', toy], {env: ALLOW})
  t.is(code, 77, stderr)
  t.regex(stderr, /got hermes-svc-backend-toy/)
})

test('plugins install of an allowed name goes on to the registry', async t => {
  const run = await new Machine(t).run(['plugins', 'install', 'hermes-svc-backend-good'], {env: ALLOW})
  t.is(run.code, 74, run.stderr)
  t.regex(run.stderr, /hermes-svc-backend-good@latest: expected an answer .*ECONNREFUSED/)
})

test('plugins install ends where the configuration cannot be read: it may hold the list', async t => {
  const machine = new Machine(t)
  writeFileSync(machine.path('broken.json'), '{')
  const env = {...NO_REGISTRY, HERMES_SVC_CONFIG: machine.path('broken.json')}
  const {code, stderr} = await machine.run(['plugins', 'install', 'hermes-svc-backend-good'], {env})
  t.is(code, 78, stderr)
})
