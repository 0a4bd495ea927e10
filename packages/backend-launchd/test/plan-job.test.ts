import {basename} from 'node:path'
import {serviceError, type GatewaySpec, type PlanEntry, type ServiceError} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import {parseEnvironmentHeader} from '../dist/environment-file.js'
import {digestOf, parseMarker} from '../dist/job-definitions.js'
import {rotationEntries} from '../dist/log-rotation.js'
import {planJob} from '../dist/plan-job.js'
import {parsePlist} from '../dist/parse-plist.js'
import {assertGolden} from './golden.js'
import {plainFacts, plainSpec, restart} from './plain-gateway.js'

type Facts = Parameters<typeof plainFacts>[0]
type Spec = Partial<GatewaySpec>

const ROOT: Facts = {uid: 0}
const OWN = '/Users/ada/.hermes/hermes-svc/gateways/coder/launchd'

function plan(spec: Spec = {}, facts: Facts = {}) {
  return planJob(plainSpec(spec), plainFacts(facts), {error: serviceError})
}

function system(spec: Spec = {}, facts: Facts = {}) {
  return plan({scope: 'system', account: 'hermes', ...spec}, {...ROOT, ...facts})
}

function refusal(t: ExecutionContext, spec: Spec, facts: Facts = {}): ServiceError {
  return t.throws<ServiceError>(() => plan(spec, facts))
}

function ofGateway({entries}: {readonly entries: readonly PlanEntry[]}): PlanEntry[] {
  return entries.filter(({path}) => /gateways\/coder\/launchd|hermes-svc\.coder|LaunchAgents$|coder\b/.test(path))
}

function shape(entries: readonly PlanEntry[]) {
  return entries.map(({kind, path, mode, owner}) => [kind, path, mode.toString(8), owner])
}

function text({entries}: {readonly entries: readonly PlanEntry[]}, name: RegExp): string {
  const contents = entries.filter(({path}) => name.test(path)).at(-1)?.contents
  return Buffer.from(contents ?? []).toString()
}

function keys(planned: ReturnType<typeof plan>): Readonly<Record<string, unknown>> {
  return parsePlist(text(planned, /svc\.coder\.plist$/)) ?? {}
}

function idOf(planned: ReturnType<typeof plan>): string {
  return (keys(planned)['ProgramArguments'] as string[])[1] ?? ''
}

test('a plain gateway is planned as a launcher, an environment file and an agent, which comes last', t => {
  const planned = plan()
  t.deepEqual(shape(ofGateway(planned)), [
    ['directory', OWN, '700', 'ada'],
    ['directory', `${OWN}/state`, '700', 'ada'],
    ['directory', '/Users/ada/.hermes/logs/gateways/coder', '700', 'ada'],
    ['file', '/Users/ada/.hermes/logs/gateways/coder/limits', '600', 'ada'],
    ['file', `${OWN}/environment.${idOf(planned)}`, '600', 'ada'],
    ['file', `${OWN}/hermes-gateway-coder`, '755', 'ada'],
    ['directory', '/Users/ada/Library/LaunchAgents', '755', 'ada'],
    ['file', '/Users/ada/Library/LaunchAgents/ai.hermes-svc.coder.plist', '644', 'ada'],
  ])
  t.deepEqual(planned.commands.slice(-2), [
    {file: '/bin/launchctl', args: ['enable', 'user/501/ai.hermes-svc.coder']},
    {
      file: '/bin/launchctl',
      args: ['bootstrap', 'gui/501', '/Users/ada/Library/LaunchAgents/ai.hermes-svc.coder.plist'],
    },
  ])
})

test('the job that rotates logs is planned with every gateway, before it', t => {
  const {entries, commands} = plan()
  const rotation = rotationEntries('user', plainFacts(), 'ada')
  t.deepEqual(entries.slice(0, 3), rotation)
  const plist = rotation.at(-1)?.path ?? ''
  t.deepEqual(commands.slice(0, 2), [
    {file: '/bin/launchctl', args: ['enable', `user/501/${basename(plist, '.plist')}`]},
    {file: '/bin/launchctl', args: ['bootstrap', 'gui/501', plist]},
  ])
  t.deepEqual(system().entries.slice(0, 3), rotationEntries('system', plainFacts(ROOT), 'root'))
})

test('a daemon has what belongs to it in directories of root, and its environment and notes are the account’s', t => {
  const planned = system()
  const paths = planned.entries.map(({path}) => path).join('\n')
  const place = /\/Library\/Application Support\/hermes-svc\/[0-9a-f]{12}\/coder/.exec(paths)?.[0] ?? ''
  t.deepEqual(shape(ofGateway(planned)), [
    ['directory', OWN, '700', 'ada'],
    ['directory', place, '755', 'root'],
    ['directory', `${place}/state`, '700', 'hermes'],
    ['directory', '/Library/Logs/hermes-svc/coder', '755', 'root'],
    ['file', '/Library/Logs/hermes-svc/coder/limits', '600', 'root'],
    ['file', `${place}/environment.${idOf(planned)}`, '600', 'hermes'],
    ['file', `${place}/hermes-gateway-coder`, '755', 'root'],
    ['file', '/Library/LaunchDaemons/ai.hermes-svc.coder.plist', '644', 'root'],
  ])
  t.is(keys(planned)['UserName'], 'hermes')
  t.is(keys(planned)['LimitLoadToSessionType'], undefined)
})

test('the agent of a plain gateway is this one', t => {
  assertGolden(t, 'job.agent.plist', text(plan(), /svc\.coder\.plist$/))
})

test('the daemon of a gateway is this one', t => {
  assertGolden(t, 'job.daemon.plist', text(system(), /svc\.coder\.plist$/))
})

test('no value of the environment, and no hash of one, is in what everybody can read', t => {
  const [one, other] = [plan(), plan({env: {...plainSpec().env, TOKEN: 'an0ther'}})]
  const open = (planned: ReturnType<typeof plan>) =>
    planned.entries.filter(({sensitive}) => !sensitive).map(({contents}) => Buffer.from(contents ?? []).toString())
  t.deepEqual(open(one), open(other))
  t.notDeepEqual(one, other)
  t.false(open(one).join('').includes('s3cret'))
})

test('the environment file tells what a listing wants to know, and the digest of the definition', t => {
  const planned = plan({userSet: ['argv']})
  const {digest, ...header} = parseEnvironmentHeader(text(planned, /environment\./)) ?? {digest: ''}
  t.is(digest, digestOf(text(planned, /svc\.coder\.plist$/)))
  t.like(header, {port: 8642, autostart: true, ownCommand: true, throttleSeconds: 5, cleanExitCodes: [0]})
})

test('a definition is recognised as ours, with its id, by the launcher of this root', t => {
  const written = text(plan(), /svc\.coder\.plist$/)
  t.is(parseMarker(written, `${OWN}/hermes-gateway-coder`, true)?.id, idOf(plan()))
  t.is(parseMarker(written, '/Users/bob/.hermes/hermes-svc/gateways/coder/launchd/hermes-gateway-coder', true), null)
})

test('a definition in a root with markup in its name is recognised as well', t => {
  const gateways = '/Users/ada/<&>"\'\r/gateways'
  const written = text(plan({}, {gateways}), /svc\.coder\.plist$/)
  t.not(parseMarker(written, `${gateways}/coder/launchd/hermes-gateway-coder`, true), null)
})

test('without autostart the definition is where launchd does not look', t => {
  const paths = plan({autostart: false}).entries.map(({path}) => path)
  t.true(paths.includes(`${OWN}/ai.hermes-svc.coder.plist`))
  t.false(paths.includes('/Users/ada/Library/LaunchAgents/ai.hermes-svc.coder.plist'))
})

test('an agent is for one session only: that of the domain which is there', t => {
  t.is(keys(plan())['LimitLoadToSessionType'], 'Aqua')
  const user = {...plainFacts().user, domain: 'user/501'} as const
  t.is(keys(plan({}, {user}))['LimitLoadToSessionType'], 'Background')
})

test('launchd starts again what did not end well, and the launcher parks the other codes', t => {
  const codes = restart({fatalExitCodes: [78, 64, 75], cleanExitCodes: [0, 3]})
  t.like(keys(plan({restart: codes})), {KeepAlive: {SuccessfulExit: false}, ThrottleInterval: 5, ExitTimeOut: 70})
  t.is((keys(plan({restart: codes}))['ProgramArguments'] as string[])[2], '3,64,78')
})

test('where exit code 0 is no end, launchd starts again whatever ended, and a note says so', t => {
  const planned = plan({restart: restart({cleanExitCodes: []})})
  t.is(keys(planned)['KeepAlive'], true)
  t.is((keys(planned)['ProgramArguments'] as string[])[2], '-')
  t.true(planned.notes.some(note => note.startsWith('restart.fatalExitCodes:')))
})

const REFUSED: readonly [what: string, Spec, string][] = [
  [
    'a control character in the command',
    {argv: ['/bin/x', 'a\u0001b']},
    'argv[1]: expected what a property list can hold',
  ],
  ['a noncharacter in the directory', {cwd: '/a\uFFFE'}, 'cwd: expected what a property list can hold'],
  ['OPTIND in the environment', {env: {OPTIND: '1'}}, 'environment OPTIND: expected'],
  ['another account in the user scope', {account: 'bob'}, 'account: expected ada'],
  [
    'a delay of half seconds',
    {restart: restart({delayMs: 1500}), userSet: ['restart.delay']},
    'restart.delay: expected',
  ],
  ['no delay at all', {restart: restart({delayMs: 0}), userSet: ['restart.delay']}, 'restart.delay: expected'],
  ['a stop timeout of half seconds', {stopTimeoutMs: 500, userSet: ['stop.timeout']}, 'stop.timeout: expected'],
  ['a window', {userSet: ['restart.window']}, 'restart.window: expected nothing'],
  [
    'fatal exit codes where 0 is no end',
    {restart: restart({cleanExitCodes: []}), userSet: ['restart.fatalExitCodes']},
    'restart.fatalExitCodes: expected 0',
  ],
  [
    'other clean exit codes where 0 is none',
    {restart: restart({cleanExitCodes: [3]})},
    'restart.cleanExitCodes: expected 0',
  ],
]

for (const [what, spec, message] of REFUSED) {
  test(`${what} is refused`, t => {
    const error = refusal(t, spec)
    t.is(error.code, 'HSVC_INVALID_SPEC')
    t.true(error.message.startsWith(message), error.message)
  })
}

test('root does not run a daemon by accident', t => {
  const error = t.throws<ServiceError>(() => system({account: 'root'}))
  t.is(error.code, 'HSVC_INVALID_SPEC')
  t.notThrows(() => system({account: 'root', userSet: ['account']}))
})

test('a default that is no whole number of seconds becomes the next one, and a note', t => {
  const planned = plan({restart: restart({delayMs: 100}), stopTimeoutMs: 500})
  t.like(keys(planned), {ThrottleInterval: 1, ExitTimeOut: 1})
  t.true(planned.notes.includes('restart.delay: launchd counts whole seconds, so that it is 1 s'))
  t.true(planned.notes.includes('stop.timeout: launchd counts whole seconds, so that it is 1 s'))
})

test('a daemon needs root', t => {
  t.is(refusal(t, {scope: 'system', account: 'hermes'}).code, 'HSVC_PERMISSION_DENIED')
})

test('an account without a domain is unreachable, and the error says why', t => {
  const unreachable = {reason: 'nobody is logged in', hint: 'log in'}
  const error = refusal(t, {}, {user: {...plainFacts().user, domain: null, unreachable}})
  t.like(error, {code: 'HSVC_BACKEND_UNAVAILABLE', message: 'nobody is logged in', hint: 'log in'})
})

test('a name that does not fit into a file name is refused', t => {
  t.is(refusal(t, {profile: 'x'.repeat(214)}).code, 'HSVC_INVALID_PROFILE')
  t.notThrows(() => plan({profile: 'x'.repeat(213)}))
})
