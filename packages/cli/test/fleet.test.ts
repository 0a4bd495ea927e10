import {type GatewayStatus, serviceError} from '@hermes-svc/core'
import test from 'ava'
import type sinon from 'sinon'
import GatewayList from '../dist/commands/gateway/list.js'
import GatewayRestart from '../dist/commands/gateway/restart.js'
import GatewayStart from '../dist/commands/gateway/start.js'
import GatewayStatusCommand from '../dist/commands/gateway/status.js'
import {config, fakeHost, forgetHost, output} from './fake-host.js'
import {gateway} from './samples.js'
import {schemaProblems} from './schemas.js'

test.serial.afterEach.always(forgetHost)

const FLEET = [
  gateway({profile: 'legacy', origin: 'foreign'}),
  gateway({profile: 'ops', state: 'stopped', wanted: 'down', pid: null}),
  gateway({profile: 'web-1'}),
  gateway({profile: 'web-2', state: 'failed', pid: null}),
]

function asked(stub: sinon.SinonStub): string[] {
  return stub.args.map(([profile]) => profile as string)
}

for (const [words, profiles] of [
  [['web-*'], ['web-1', 'web-2']],
  [
    ['web-*', 'legacy'],
    ['web-1', 'web-2', 'legacy'],
  ],
  [
    ['--state', 'failed', '--state', 'stopped'],
    ['ops', 'web-2'],
  ],
  [
    ['--all', '--wanted', 'up'],
    ['web-1', 'web-2'],
  ],
  [['ops', 'web-2', '--wanted', 'down'], ['ops']],
] as const) {
  test.serial(`start ${words.join(' ')} starts those and no others`, async t => {
    const {start} = fakeHost(FLEET)
    const {error} = await output(() => GatewayStart.run([...words], config))
    t.is(error, undefined)
    t.deepEqual(asked(start), profiles)
  })
}

test.serial('a pattern that no gateway fits ends the command before anything is started', async t => {
  const {start} = fakeHost(FLEET)
  const {error} = await output(() => GatewayStart.run(['web-1', 'wbe-*'], config))
  t.like(error, {code: 'HSVC_NOT_FOUND'})
  t.deepEqual(asked(start), [])
})

test.serial('without names, all or a state it is a usage error', async t => {
  const {start} = fakeHost(FLEET)
  t.like((await output(() => GatewayStart.run([], config))).error, {code: 'HSVC_USAGE'})
  t.like((await output(() => GatewayStart.run(['--all', 'ops'], config))).error, {code: 'HSVC_USAGE'})
  t.like((await output(() => GatewayStart.run(['--state', 'dead'], config))).error, {code: 'HSVC_USAGE'})
  t.deepEqual(asked(start), [])
})

test.serial('where nothing is meant, a verb says so and succeeds', async t => {
  fakeHost(FLEET)
  const {stdout} = await output(() => GatewayStart.run(['--state', 'unknown'], config))
  t.is(stdout, 'no gateways\n')
  t.is(process.exitCode, 0)
})

test.serial('the document of a batch sums it up', async t => {
  const {start} = fakeHost(FLEET)
  start.withArgs('web-2').rejects(serviceError('HSVC_START_FAILED', 'it died'))
  const {stdout} = await output(() => GatewayStart.run(['--all', '--json'], config))
  const document = JSON.parse(stdout) as object
  t.is(schemaProblems('gateways', document), '')
  t.like(document, {summary: {asked: 3, succeeded: 2, failed: 1, left: [], notReached: []}})
  t.is(process.exitCode, 3)
})

test.serial('restart --drain asks one after the other, as long as --timeout says for each', async t => {
  const {restart} = fakeHost(FLEET)
  let now = 0
  let most = 0
  restart.callsFake(async (profile: string) => {
    most = Math.max(most, ++now)
    await new Promise(resolve => setImmediate(resolve))
    now -= 1
    return gateway({profile})
  })
  await output(() => GatewayRestart.run(['--all', '--drain', '--timeout', '5m'], config))
  t.is(most, 1)
  t.deepEqual(asked(restart), ['ops', 'web-1', 'web-2'])
  t.like(restart.firstCall.args[1] as object, {drain: true, timeoutMs: 300_000})
  await output(() => GatewayRestart.run(['ops'], config))
  t.like(restart.lastCall.args[1] as object, {drain: false})
})

test.serial('restart --drain stops at the first failure and names those that it did not reach', async t => {
  const {restart} = fakeHost(FLEET)
  restart.withArgs('web-1').rejects(serviceError('HSVC_TIMEOUT', 'too slow'))
  const drained = ['ops', 'web-1', 'web-2', 'web-3', '--drain']
  const {stderr} = await output(() => GatewayRestart.run(drained, config))
  t.regex(stderr, /✗ too slow\n✗ not reached, and not touched: web-2 web-3\n$/)
  t.is(process.exitCode, 75)
  t.deepEqual(asked(restart), ['ops', 'web-1'])
  const {stdout} = await output(() => GatewayRestart.run([...drained, '--json'], config))
  const document = JSON.parse(stdout) as object
  t.is(schemaProblems('gateways', document), '')
  t.like(document, {
    gateways: [{profile: 'ops'}],
    errors: [{profile: 'web-1', code: 'HSVC_TIMEOUT'}],
    summary: {asked: 4, succeeded: 1, failed: 1, left: [], notReached: ['web-2', 'web-3']},
  })
})

test.serial('restart --drain goes on after a gateway that cannot be asked, and fails in the end', async t => {
  const {restart} = fakeHost(FLEET)
  restart.withArgs('web-1').rejects(serviceError('HSVC_UNSUPPORTED', 'it is not Hermes'))
  await output(() => GatewayRestart.run(['web-*', '--drain'], config))
  t.deepEqual(asked(restart), ['web-1', 'web-2'])
  t.is(process.exitCode, 69)
})

test.serial(
  'restart --drain tells which gateways it left as they were, and fails where one of them should run',
  async t => {
    const [, stopped, , failed] = FLEET as [GatewayStatus, GatewayStatus, GatewayStatus, GatewayStatus]
    for (const [left, code] of [
      [stopped, 0],
      [failed, 3],
    ] as const) {
      const {restart} = fakeHost(FLEET)
      restart.withArgs(left.profile).resolves(left)
      const words = [left.profile, 'web-1', '--drain']
      const {stdout} = await output(() => GatewayRestart.run(words, config))
      t.regex(
        stdout,
        new RegExp(`^- ${left.profile} ${left.state} \\(embedded user\\): left as it is\n✓ web-1 running`),
      )
      t.is(process.exitCode, code)
      const {stdout: json} = await output(() => GatewayRestart.run([...words, '--json'], config))
      t.like(JSON.parse(json), {summary: {asked: 2, succeeded: 1, failed: 0, left: [left.profile]}})
    }
  },
)

test.serial('restart --drain waits, and refuses not to', async t => {
  const {restart} = fakeHost(FLEET)
  t.like((await output(() => GatewayRestart.run(['ops', '--drain', '--no-wait'], config))).error, {code: 'HSVC_USAGE'})
  t.deepEqual(asked(restart), [])
})

test.serial('status of what is wanted up exits 0 where all of that runs, also where there is none', async t => {
  const codeFor = async (gateways: readonly GatewayStatus[], ...words: string[]): Promise<typeof process.exitCode> => {
    fakeHost(gateways)
    await output(() => GatewayStatusCommand.run([...words, '--wanted', 'up'], config))
    return process.exitCode
  }
  const [legacy, stopped, running, failed] = FLEET as [GatewayStatus, GatewayStatus, GatewayStatus, GatewayStatus]
  t.is(await codeFor([legacy, stopped, running]), 0)
  t.is(await codeFor([stopped]), 0)
  t.is(await codeFor([]), 0)
  t.is(await codeFor([running, failed]), 3)
  t.is(await codeFor([{...legacy, state: 'failed'}, running]), 3)
})

test.serial('status of a pattern asks for the names that fit, those of others among them', async t => {
  const {overview} = fakeHost(FLEET)
  await output(() => GatewayStatusCommand.run(['web-*', 'leg*'], config))
  t.deepEqual(overview.args, [
    [undefined, {backend: undefined}],
    [['web-1', 'web-2', 'legacy'], {backend: undefined, health: true}],
  ])
})

test.serial('list shows those in the states asked for', async t => {
  fakeHost(FLEET)
  const {stdout} = await output(() => GatewayList.run(['--state', 'failed', '--state', 'stopped', '--json'], config))
  const {gateways} = JSON.parse(stdout) as {gateways: GatewayStatus[]}
  t.deepEqual(
    gateways.map(({profile}) => profile),
    ['ops', 'web-2'],
  )
})
