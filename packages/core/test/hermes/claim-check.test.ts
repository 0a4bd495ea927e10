import {appendFileSync, mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {findWriter, type GuardHost, HomeFiles} from '@hermes-svc/core'
// Loaded before time begins: the virtual clock does not wait for the disk.
import '../../dist/hermes/claim-check.js'
import 'js-yaml'
import {type GuardFixture, guardFixture, makeProfile, PROGRAM, rejection} from '../fixtures/guard-fixture.js'
import {KEY} from './claim-sources.js'

const TOKEN = '123:SECRET'
const WITH_TOKEN = `TELEGRAM_BOT_TOKEN=${TOKEN}`
const WITH_KEY = `API_SERVER_KEY=${KEY}`

interface Machine extends GuardFixture {
  readonly host: Partial<GuardHost>
  home(profile: string): string
  /** Makes a profile whose `.env` has that text. */
  profile(name: string, dotenv: string, config?: string): void
}

/** A guard over a root of Hermes, where the configured command is a program that exists. */
function machine(t: ExecutionContext): Machine {
  const layers = [{source: 'test', data: {hermes: {command: [PROGRAM, '-p', '{profile}', 'gateway', 'run']}}}]
  const fixture = guardFixture(t, {layers})
  const {root} = fixture
  const caller = {uid: process.geteuid?.() ?? null, gid: process.getegid?.() ?? null, home: '/'}
  const host = {homes: new HomeFiles(root, caller, findWriter(caller, root))}
  const home = (profile: string): string => (profile === 'default' ? root : join(root, 'profiles', profile))
  return {
    ...fixture,
    host,
    manager: fixture.again(host),
    home,
    profile: (name, dotenv, config) => {
      makeProfile(root, name)
      writeFileSync(join(home(name), '.env'), `${dotenv}\n`)
      if (config !== undefined) writeFileSync(join(home(name), 'config.yaml'), config)
    },
  }
}

test('install rejects HSVC_INVALID_SPEC for the token of a gateway that is wanted up, and writes nothing', async t => {
  const {manager, profile, init, records} = machine(t)
  profile('default', WITH_TOKEN)
  profile('coder', `export TELEGRAM_BOT_TOKEN="${TOKEN}" # copied`)
  await manager.install({profile: 'default'})
  const changes = init.changes.length
  const error = await rejection(t, 'HSVC_INVALID_SPEC', manager.install({profile: 'coder'}))
  t.is(error.message, 'TELEGRAM_BOT_TOKEN: expected one that no other gateway has, got that of default')
  t.is(error.hint, 'hermes-svc gateway stop default, or give coder another TELEGRAM_BOT_TOKEN in its .env')
  t.is(records.read('coder'), null)
  t.is(init.changes.length, changes)
  const preview = await rejection(t, 'HSVC_INVALID_SPEC', manager.preview({profile: 'coder'}))
  t.is(preview.message, error.message)
})

test('install rejects HSVC_INVALID_SPEC for the port of a gateway that is wanted up, and takes another', async t => {
  const {manager, profile} = machine(t)
  profile('default', WITH_KEY)
  profile('coder', WITH_KEY)
  await manager.install({profile: 'default'})
  const error = await rejection(t, 'HSVC_INVALID_SPEC', manager.install({profile: 'coder'}))
  t.is(error.message, 'port: expected one that no other gateway has, got 8642 (API server), which default has')
  t.is(error.hint, 'hermes-svc gateway stop default, or give coder another --port')
  t.is((await manager.install({profile: 'coder', port: 8643})).state, 'running')
  // One that runs is not moved into a conflict either.
  await rejection(t, 'HSVC_INVALID_SPEC', manager.install({profile: 'coder', port: 8642}))
  t.is((await manager.status(['coder']))[0]?.port, 8643)
})

test('the init system is asked for all gateways only where one of them could be in the way', async t => {
  const {manager, profile, init} = machine(t)
  profile('default', WITH_TOKEN)
  profile('coder', 'TELEGRAM_BOT_TOKEN=456:OTHER')
  const asksForAll = (): number => init.called('status').filter(call => call.profile === null).length
  await manager.install({profile: 'default'})
  await manager.install({profile: 'coder', port: 8700})
  await manager.install({profile: 'web', argv: [PROGRAM], port: 8701})
  t.is(asksForAll(), 0)
  await manager.install({profile: 'site', argv: [PROGRAM], port: 8701})
  t.is(asksForAll(), 1)
})

test('register rejects the same conflicts, also with a gateway that is only registered', async t => {
  const {manager, profile} = machine(t)
  profile('ops', WITH_TOKEN)
  profile('coder', WITH_TOKEN)
  await manager.registerProfileGateway('ops')
  await rejection(t, 'HSVC_INVALID_SPEC', manager.registerProfileGateway('coder'))
  await rejection(t, 'HSVC_INVALID_SPEC', manager.install({profile: 'coder'}))
  await manager.stop('ops')
  t.is((await manager.registerProfileGateway('coder')).state, 'running')
})

test('a gateway that is stopped keeps no token from another', async t => {
  const {manager, profile, warnings} = machine(t)
  profile('default', WITH_TOKEN)
  profile('coder', WITH_TOKEN)
  await manager.install({profile: 'default'})
  await manager.stop('default')
  t.is((await manager.install({profile: 'coder'})).state, 'running')
  t.false(warnings.some(warning => warning.includes('TELEGRAM')))
})

test('one that gave up is only warned of, since it is in nobody’s way', async t => {
  const {manager, profile, init, warnings} = machine(t)
  profile('default', WITH_TOKEN)
  profile('coder', WITH_TOKEN)
  await manager.install({profile: 'default'})
  init.die(init.gateway('default'), 78, 'failed')
  t.is((await manager.install({profile: 'coder'})).state, 'running')
  t.true(warnings.includes('coder: TELEGRAM_BOT_TOKEN is that of default too'), warnings.join('\n'))
})

test('install --no-start is only warned of the conflict', async t => {
  const {manager, profile, warnings} = machine(t)
  profile('default', WITH_TOKEN)
  profile('coder', WITH_TOKEN)
  await manager.install({profile: 'default'})
  t.is((await manager.install({profile: 'coder'}, {start: false})).state, 'stopped')
  t.true(warnings.includes('coder: TELEGRAM_BOT_TOKEN is that of default too, and only one of them can use it'))
})

test('install may be repeated in a conflict that stands already, and warns of it', async t => {
  const {manager, profile, home, warnings, init} = machine(t)
  profile('default', WITH_TOKEN)
  profile('coder', '')
  await manager.install({profile: 'default'})
  await manager.install({profile: 'coder'})
  appendFileSync(join(home('coder'), '.env'), WITH_TOKEN)
  const {pid} = init.gateway('coder')
  const status = await manager.install({profile: 'coder'})
  t.is(status.pid, pid)
  t.true(warnings.includes('coder: TELEGRAM_BOT_TOKEN is that of default too, and only one of them can use it'))
})

test('one that gave up in a conflict is refused when it is installed again, and told why', async t => {
  const {manager, profile, init} = machine(t)
  profile('default', WITH_TOKEN)
  profile('coder', WITH_TOKEN)
  await manager.install({profile: 'coder'})
  init.die(init.gateway('coder'), 78, 'failed')
  await manager.install({profile: 'default'})
  await rejection(t, 'HSVC_INVALID_SPEC', manager.install({profile: 'coder'}))
  t.is(init.gateway('coder').state, 'failed')
})

test('what a record asks for at boot is defined in spite of a conflict', async t => {
  const {manager, profile, init} = machine(t)
  profile('default', WITH_TOKEN)
  profile('coder', WITH_TOKEN)
  await manager.install({profile: 'default'})
  const asked = init.called('status').filter(call => call.profile === null).length
  t.is((await manager.install({profile: 'coder'}, {keepFailed: true})).state, 'running')
  // Nor does it look at all others for each one that it defines.
  t.is(init.called('status').filter(call => call.profile === null).length, asked)
})

test('a gateway with its own ARGV is never refused, and only the port it was told is warned of', async t => {
  const {manager, profile, warnings} = machine(t)
  profile('default', `${WITH_KEY}\n${WITH_TOKEN}`)
  profile('coder', WITH_KEY)
  await manager.install({profile: 'default'})
  const argv = [PROGRAM]
  await manager.install({profile: 'coder', argv})
  t.false(warnings.some(warning => warning.includes('port')))
  await manager.install({profile: 'coder', argv, port: 8642})
  t.true(warnings.includes('coder: port 8642 (API server) is that of default too'), warnings.join('\n'))
  await manager.uninstall('coder')
  // Nor does one keep anything from others.
  await manager.uninstall('default')
  await manager.install({profile: 'coder', argv, port: 8642})
  t.is((await manager.install({profile: 'default'})).state, 'running')
})

test('a gateway with a HERMES_HOME of its own is not refused for what is in this root', async t => {
  const {manager, profile} = machine(t)
  profile('default', WITH_TOKEN)
  profile('coder', WITH_TOKEN)
  await manager.install({profile: 'default'})
  t.is((await manager.install({profile: 'coder', env: {HERMES_HOME: '/elsewhere'}})).state, 'running')
})

test('a gateway.json of earlier versions may say something else, so that nothing is certain beside it', async t => {
  const {manager, profile, home, warnings} = machine(t)
  profile('default', WITH_KEY)
  profile('coder', WITH_KEY)
  writeFileSync(join(home('coder'), 'gateway.json'), '{"platforms": {"api_server": {"extra": {"port": 8700}}}}')
  await manager.install({profile: 'default'})
  t.is((await manager.install({profile: 'coder'})).state, 'running')
  t.true(warnings.includes('coder: port 8642 (API server) is that of default too'), warnings.join('\n'))
})

test('a foreign gateway that is wanted up keeps its token, as its home says', async t => {
  const {manager, profile, init} = machine(t)
  profile('ops', WITH_TOKEN)
  profile('coder', WITH_TOKEN)
  init.define('ops', {origin: 'foreign', wanted: 'up', state: 'running', pid: 7})
  await rejection(t, 'HSVC_INVALID_SPEC', manager.install({profile: 'coder'}))
})

test('a port that .env overrides is warned of, since it is not used', async t => {
  const {manager, profile, warnings} = machine(t)
  profile('coder', `${WITH_KEY}\nAPI_SERVER_PORT=8650`)
  await manager.install({profile: 'coder', port: 9000})
  t.true(warnings.includes('coder: port 9000 is not used: API_SERVER_PORT in its .env says 8650'), warnings.join('\n'))
})

test('a home that cannot be read is one warning and no failure, and nothing is certain then', async t => {
  const {manager, profile, home, root, warnings} = machine(t)
  profile('default', WITH_TOKEN)
  makeProfile(root, 'coder')
  mkdirSync(join(home('coder'), '.env'))
  await manager.install({profile: 'default'})
  await manager.install({profile: 'coder', env: {TELEGRAM_BOT_TOKEN: TOKEN}})
  t.deepEqual(
    warnings.filter(warning => warning.includes('coder')),
    [
      `coder: ${join(home('coder'), '.env')} could not be read (EISDIR)`,
      'coder: TELEGRAM_BOT_TOKEN is that of default too',
      'coder: the fake notes this',
    ],
  )
})

test('where the gateway of default serves all profiles, it holds their tokens, and its ports are theirs', async t => {
  const {manager, profile, warnings} = machine(t)
  const env = {TELEGRAM_BOT_TOKEN: TOKEN}
  profile('default', WITH_KEY, 'gateway: {multiplex_profiles: true}')
  profile('coder', `${WITH_KEY}\n${WITH_TOKEN}`)
  profile('ops', '')
  await manager.install({profile: 'default'})
  const error = await rejection(t, 'HSVC_INVALID_SPEC', manager.install({profile: 'ops', env}))
  t.regex(error.message, /got that of coder$/)
  t.is((await manager.install({profile: 'coder'})).state, 'running')
  t.false(warnings.some(warning => warning.includes('8642')))
})

test('a profile that the gateway of default does not serve holds nothing by it', async t => {
  const {manager, profile} = machine(t)
  profile('default', '', 'gateway: {multiplex_profiles: true, multiplex_profile_allowlist: [web]}')
  profile('coder', WITH_TOKEN)
  profile('ops', WITH_TOKEN)
  await manager.install({profile: 'default'})
  t.is((await manager.install({profile: 'ops'})).state, 'running')
})

test('the gateways of the init system are asked for only by one that claims something', async t => {
  const {manager, profile, init} = machine(t)
  profile('coder', 'OPENAI_API_KEY=x')
  await manager.install({profile: 'coder'})
  t.false(init.called('status').some(call => call.profile === null))
})

test('no token is in what install says, nor in what it keeps', async t => {
  const {manager, profile, warnings, records} = machine(t)
  profile('default', WITH_TOKEN)
  profile('coder', WITH_TOKEN)
  await manager.install({profile: 'default'})
  const error = await rejection(t, 'HSVC_INVALID_SPEC', manager.install({profile: 'coder'}))
  const {plan, warnings: told} = await manager.preview({profile: 'coder'}, {start: false})
  await manager.install({profile: 'coder'}, {start: false})
  const said = JSON.stringify([error, error.message, error.stack, plan, told, warnings, records.list()])
  t.false(said.includes('SECRET'))
})
