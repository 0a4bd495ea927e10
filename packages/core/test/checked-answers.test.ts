import test, {type ExecutionContext} from 'ava'
import {type Backend, type GatewayStatus, missingFromServiceManager, type ServiceManager} from '@hermes-svc/core'
import {FakeManager} from './fixtures/fake-init.js'
import {guardFixture, type GuardFixture, PROGRAM, rejection} from './fixtures/guard-fixture.js'

const CODER = {profile: 'coder', argv: [PROGRAM]}

/** A guard over a backend whose manager differs from a sound one in what `change` gives. */
async function guardOf(
  t: ExecutionContext,
  change: (sound: FakeManager) => Partial<Record<keyof ServiceManager, unknown>>,
): Promise<GuardFixture> {
  const fixture = guardFixture(t)
  await fixture.manager.install(CODER)
  const create = (): ServiceManager => {
    const sound = new FakeManager(fixture.backend.kind, fixture.init)
    const members = missingFromServiceManager(null) as (keyof ServiceManager)[]
    const bound = members.map(name => {
      const member: unknown = sound[name]
      return [name, typeof member === 'function' ? (member.bind(sound) as unknown) : member]
    })
    return {...Object.fromEntries(bound), ...change(sound)} as ServiceManager
  }
  return {...fixture, manager: fixture.again({}, {}, {...fixture.backend, create})}
}

/** A guard whose backend's rows are changed before they are given. */
function guardOfRows(t: ExecutionContext, fields: (row: GatewayStatus) => object): Promise<GuardFixture> {
  return guardOf(t, sound => ({
    status: async (profiles?: readonly string[]) =>
      (await sound.status(profiles)).map(row => ({...row, ...fields(row)})),
  }))
}

for (const [field, value] of [
  ['profile', 7],
  ['backend', 's6'],
  ['scope', 'planet'],
  ['state', 'alive'],
  ['wanted', true],
  ['pid', '4121'],
  ['pid', -1],
  ['startedAt', 'yesterday'],
  ['uptimeSeconds', 1.5],
  ['restarts', NaN],
  ['lastExit', {code: '1', signal: null, at: null}],
  ['lastExit', undefined],
  ['logs', {kind: 'cloud'}],
  ['origin', undefined],
] as const) {
  test(`a row whose ${field} is ${JSON.stringify(value)} is told as a bug of the backend, and reaches nobody`, async t => {
    const {manager} = await guardOfRows(t, () => ({[field]: value}))
    const error = await rejection(t, 'HSVC_INTERNAL', manager.status())
    t.regex(error.message, new RegExp(`^the fake backend breaks the contract: expected .*${field}`))
    t.regex(error.hint ?? '', /author/)
    await rejection(t, 'HSVC_INTERNAL', manager.stop('coder'))
  })
}

test('of a row nothing is taken but what the contract has', async t => {
  const {manager} = await guardOfRows(t, () => ({token: 'secret', logs: {kind: 'none', token: 'secret'}}))
  t.notRegex(JSON.stringify(await manager.status()), /secret/)
})

test('rows of profiles that nobody asked for are left out', async t => {
  const {manager} = await guardOf(t, sound => ({status: async () => [
    ...(await sound.status(['coder'])),
    ...(await sound.status(['coder'])).map(row => ({...row, profile: 'other'})),
  ]})) // prettier-ignore
  t.deepEqual((await manager.status(['coder'])).map(({profile}) => profile), ['coder']) // prettier-ignore
})

for (const [what, status] of [
  ['no list', () => Promise.resolve('running')],
  ['nothing', () => undefined],
  ['a list of nothing', () => Promise.resolve([null])],
] as const) {
  test(`a status that is ${what} is told as a bug of the backend`, async t => {
    const {manager} = await guardOf(t, () => ({status}))
    await rejection(t, 'HSVC_INTERNAL', manager.status())
  })
}

test('a verb that throws what is no error, or a frozen one, is told all the same', async t => {
  const frozen = Object.freeze(
    Object.assign(new Error('no'), {name: 'HermesSvcError', code: 'HSVC_BUSY', hint: 7, remains: 'all'}),
  )
  for (const [thrown, code, message] of [
    ['just text', 'HSVC_INTERNAL', /just text/],
    [undefined, 'HSVC_INTERNAL', /undefined/],
    [Object.create(null), 'HSVC_INTERNAL', /cannot be shown/],
    [frozen, 'HSVC_BUSY', /^no$/],
  ] as const) {
    const {manager} = await guardOf(t, () => ({
      stop: () => {
        throw thrown
      },
    }))
    const error = await rejection(t, code, manager.stop('coder'))
    t.regex(error.message, message)
    t.is(error.backend, 'fake')
  }
})

test('a plan, an uninstall and a line of another shape are bugs of the backend', async t => {
  const {manager} = await guardOf(t, () => ({
    plan: () => ({entries: [{kind: 'file'}], commands: [], notes: []}),
    uninstall: () => Promise.resolve('gone'),
    async *logs() {
      yield await Promise.resolve('a line')
    },
  }))
  const shown = await rejection(t, 'HSVC_INTERNAL', manager.preview({profile: 'other', argv: [PROGRAM]}))
  t.regex(shown.message, /plan\.entries\[0\]\.path/)
  await rejection(t, 'HSVC_INTERNAL', manager.logs('coder')[Symbol.asyncIterator]().next())
  t.regex((await rejection(t, 'HSVC_INTERNAL', manager.uninstall('coder'))).message, /uninstall/)
})

const NEVER = new Promise<never>(() => undefined)

test('logs that hang end with HSVC_TIMEOUT', async t => {
  const {manager} = await guardOf(t, () => ({
    async *logs() {
      yield await NEVER
    },
  }))
  await rejection(t, 'HSVC_TIMEOUT', manager.logs('coder')[Symbol.asyncIterator]().next())
})

test('logs that are followed end soon after their signal aborts, also where the backend hangs', async t => {
  const ending = new AbortController()
  const {manager} = await guardOf(t, () => ({
    async *logs() {
      yield {profile: 'coder', at: null, text: 'first'}
      ending.abort()
      yield await NEVER
    },
  }))
  const lines: string[] = []
  for await (const {text} of manager.logs('coder', {follow: true, signal: ending.signal})) lines.push(text)
  t.deepEqual(lines, ['first'])
})

test('a backend whose create throws, or gives what is no service manager, is named when it is used', t => {
  const {backend, again} = guardFixture(t)
  for (const [create, message] of [
    [
      () => {
        throw new Error('boom')
      },
      /^boom$/,
    ],
    [() => undefined, /expected a service manager, got one without kind, start/],
    [() => ({kind: 'fake', status: 'yes'}), /got one without start, .*status/],
  ] as const) {
    const broken = {...backend, create: create as unknown as Backend['create']}
    t.throws(() => again({}, {}, broken), {code: 'HSVC_INTERNAL', message})
  }
})
