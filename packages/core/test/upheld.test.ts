import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {type Backend, findWriter, HermesState, HomeFiles, type GatewayStatus, type TellsUpheld} from '@hermes-svc/core'
// Imported here, since the clock of these tests runs on while a module is loaded.
import '../dist/hermes/desired-state.js'
import {guardFixture, makeProfile, PROGRAM} from './fixtures/guard-fixture.js'

const SETTLED_MS = 5000

/** A gateway that is installed, runs and has settled, under a backend that tells so. */
async function running(t: ExecutionContext) {
  const fixture = guardFixture(t)
  const {root, clock, context, init, backend, warnings} = fixture
  makeProfile(root, 'coder')
  const homes = new HomeFiles(root, context.caller, findWriter(context.caller, root))
  const warn = (message: string): void => void warnings.push(message)
  const hermes = new HermesState({root, homes, clock, warn})
  const telling: Backend = {
    ...backend,
    create: given => {
      const manager = backend.create(given)
      const upheld = (profile: string): GatewayStatus | null => {
        const row = shown.get(profile)
        return row?.state === 'running' ? {...row, specHash: 'private'} : null
      }
      return Object.assign(manager, {upheld} satisfies TellsUpheld)
    },
  }
  const shown = new Map<string, GatewayStatus>()
  const manager = fixture.again({hermes, isBundled: true}, {}, telling)
  const look = async (): Promise<void> => {
    for (const row of await manager.status()) shown.set(row.profile, row)
  }
  await manager.install({profile: 'coder', argv: [PROGRAM]})
  await clock.sleep(SETTLED_MS)
  await look()
  const starts = (): number => init.calls.filter(({verb}) => verb === 'start').length
  return {...fixture, manager, shown, look, starts, before: starts()}
}

test('a start of what runs, is recorded as wanted and was told to Hermes asks nobody for anything', async t => {
  const {manager, starts, before, root} = await running(t)
  const status = await manager.start('coder')
  t.like(status, {profile: 'coder', state: 'running', drift: null})
  t.false('specHash' in status)
  t.is(starts(), before)
  t.deepEqual(readdirSync(join(root, 'hermes-svc', 'locks')), [])
})

test('what a record has as stopped is started, whatever runs', async t => {
  const {manager, records, record, starts, before} = await running(t)
  await records.write({...record('coder'), wanted: 'down'})
  await manager.start('coder')
  t.is(starts(), before + 1)
  t.is(record('coder').wanted, 'up')
})

test('what Hermes has noted as stopped is started, and Hermes told', async t => {
  const {manager, root, starts, before} = await running(t)
  const file = join(root, 'profiles', 'coder', 'gateway_state.json')
  writeFileSync(file, JSON.stringify({desired_state: 'stopped'}))
  await manager.start('coder')
  t.is(starts(), before + 1)
  t.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {desired_state: 'running'})
})

test('what has not lived for start.settle is waited for', async t => {
  const {manager, records, record, clock, starts, before} = await running(t)
  const {spec} = record('coder')
  await records.write({...record('coder'), spec: {...spec, settleMs: 20_000}})
  const since = clock.monotonic()
  await manager.start('coder')
  t.is(starts(), before + 1)
  t.true(clock.monotonic() - since >= 20_000 - 2 * SETTLED_MS)
})

test('an interruption is not passed over', async t => {
  const {manager} = await running(t)
  await t.throwsAsync(manager.start('coder', {signal: AbortSignal.abort()}), {code: 'HSVC_ABORTED'})
})

test('a plugin is not asked what the contract does not have', async t => {
  const {again, backend, init, clock} = guardFixture(t)
  const upheld = (): never => t.fail('it was asked')
  const manager = again({}, {}, {...backend, create: given => Object.assign(backend.create(given), {upheld})})
  init.define('coder')
  await manager.start('coder')
  await clock.sleep(SETTLED_MS)
  t.is((await manager.start('coder')).state, 'running')
})
