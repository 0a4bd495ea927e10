import {serviceError, type GatewaySpec, type PlanEntry, type ServiceError} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import {parseEnvironmentHeader} from '../dist/environment-file.js'
import {planUnit, unitScopeOf} from '../dist/plan-unit.js'
import {definitionId, renderUnit} from '../dist/unit-file.js'
import {plainFacts, plainSpec, restart} from './plain-gateway.js'

type Facts = Parameters<typeof plainFacts>[0]
type Spec = Partial<GatewaySpec>

const ROOT: Facts = {uid: 0}
const HOLDABLE = 'expected what a unit of systemd can hold, got'
const NONCHARACTER = 'a code point that Unicode keeps from being a character'

function plan(spec: Spec = {}, facts: Facts = {}) {
  return planUnit(plainSpec(spec), plainFacts(facts), {error: serviceError})
}

function system(spec: Spec = {}, facts: Facts = {}) {
  return plan({scope: 'system', account: 'hermes', ...spec}, {...ROOT, ...facts})
}

/** The error that planning throws. */
function refusal(t: ExecutionContext, spec: Spec, facts: Facts = {}): ServiceError {
  return t.throws<ServiceError>(() => plan(spec, facts))
}

function shape({entries}: {readonly entries: readonly PlanEntry[]}) {
  return entries.map(({kind, path, mode, owner}) => [kind, path, mode.toString(8), owner])
}

const OWN = '/home/ada/.hermes/hermes-svc/gateways/coder/systemd'

test('a plain gateway is planned as an environment file and a unit, and is enabled', t => {
  const {commands, ...rest} = plan()
  t.deepEqual(shape(rest), [
    ['directory', OWN, '700', 'ada'],
    ['file', `${OWN}/environment.${definitionId(plainSpec())}`, '600', 'ada'],
    ['directory', '/home/ada/.config/systemd/user', '755', 'ada'],
    ['file', '/home/ada/.config/systemd/user/hermes-svc-coder.service', '644', 'ada'],
  ])
  t.deepEqual(commands, [{file: 'systemctl', args: ['--user', 'enable', 'hermes-svc-coder.service']}])
})

test('a system service has what process 1 reads in root’s directories, and the environment is the account’s', t => {
  const planned = system()
  const apart = '/var/lib/hermes-svc/systemd/coder'
  const id = definitionId(plainSpec({scope: 'system', account: 'hermes'}))
  t.deepEqual(shape(planned), [
    ['directory', OWN, '700', 'hermes'],
    ['directory', apart, '755', 'root'],
    ['file', `${apart}/environment.${id}`, '600', 'hermes'],
    ['directory', '/etc/systemd/system', '755', 'root'],
    ['file', '/etc/systemd/system/hermes-svc-coder.service', '644', 'root'],
  ])
  t.deepEqual(planned.commands, [{file: 'systemctl', args: ['enable', 'hermes-svc-coder.service']}])
})

test('where there is no journal a directory for logs is planned, of whoever the manager is', t => {
  const directories = (planned: Parameters<typeof shape>[0]) =>
    shape(planned).filter(([, path]) => /\/log/.test(String(path)))
  t.deepEqual(directories(plan({}, {journal: false})), [
    ['directory', '/home/ada/.hermes/logs/gateways/coder', '700', 'ada'],
  ])
  t.deepEqual(directories(system({}, {journal: false})), [['directory', '/var/log/hermes-svc/coder', '700', 'root']])
})

test('the unit is what is rendered, and the environment file has the hash of the spec and the port', t => {
  const [environment, unit] = plan()
    .entries.filter(({kind}) => kind === 'file')
    .map(({contents}) => String(Buffer.from(contents ?? [])))
  t.is(unit, renderUnit(plainSpec(), plainFacts()))
  t.is(parseEnvironmentHeader(environment ?? '')?.port, 8642)
  const hash = (spec: Spec): string => {
    const [found] = plan(spec).entries.filter(({sensitive}) => sensitive)
    return parseEnvironmentHeader(String(Buffer.from(found?.contents ?? [])))?.specHash ?? ''
  }
  t.regex(hash({}), /^[0-9a-f]{32}$/)
  t.not(hash({env: {TOKEN: 'other'}}), hash({env: {TOKEN: 'se same'}}))
})

test('environment values are only in the entry that is sensitive', t => {
  for (const {entries} of [plan(), system(), plan({}, {journal: false})]) {
    const holding = entries.filter(({contents}) => Buffer.from(contents ?? []).includes('se same'))
    t.deepEqual(
      holding.map(({sensitive, mode}) => [sensitive, mode]),
      [[true, 0o600]],
    )
    t.is(entries.filter(({sensitive}) => sensitive).length, 1)
  }
})

test('the unit comes last, so that it never names a file that is not there', t => {
  for (const {entries} of [plan(), system(), plan({}, {journal: false})])
    t.regex(entries.at(-1)?.path ?? '', /\/hermes-svc-coder\.service$/)
})

test('the same spec and facts give the same bytes, whatever the order of the environment', t => {
  const {env} = plainSpec()
  const turned = Object.fromEntries(Object.entries(env).reverse())
  t.deepEqual(plan({env: turned}), plan({env}))
})

test('a gateway without autostart is not enabled', t => {
  t.deepEqual(plan({autostart: false}).commands, [])
})

test('a scope that systemd does not have is the user’s', t => {
  t.is(unitScopeOf({scope: 'system'}), 'system')
  for (const scope of ['user', 'container'] as const) t.is(unitScopeOf({scope}), 'user')
})

const LONG = 'x'.repeat(600_000)
const TEXTS: Readonly<Record<string, {spec: Spec; facts?: Facts; message: string}>> = {
  'a program with a quote': {
    spec: {argv: ["/opt/it's"]},
    message: `argv[0]: ${HOLDABLE} a quote, a backslash or a control character in it`,
  },
  'an argument with a code point that is no character': {
    spec: {argv: ['/bin/x', 'good', 'a\ufffe']},
    message: `argv[2]: ${HOLDABLE} ${NONCHARACTER}`,
  },
  'a value with a code point that is no character': {
    spec: {env: {GOOD: '1', BAD: '\ufdd0'}},
    message: `environment BAD: ${HOLDABLE} ${NONCHARACTER}`,
  },
  'a working directory with a line end': {
    spec: {cwd: '/a\nb'},
    message: `cwd: ${HOLDABLE} an end of a line in it`,
  },
  'a working directory with a detour': {
    spec: {cwd: '/a/../b'},
    message: `cwd: ${HOLDABLE} a ".." in it`,
  },
  'a working directory with a code point that is no character': {
    spec: {cwd: '/a\uffff'},
    message: `cwd: ${HOLDABLE} ${NONCHARACTER}`,
  },
  'a description with a code point that is no character': {
    spec: {description: 'a\uffff'},
    message: `description: ${HOLDABLE} ${NONCHARACTER}`,
  },
  'a record directory with a line end': {
    spec: {},
    facts: {gateways: '/a\nb/gateways'},
    message: `the record directory: ${HOLDABLE} an end of a line in it`,
  },
  'a record directory with a code point that is no character': {
    spec: {},
    facts: {gateways: '/a\ufdef/gateways'},
    message: `the record directory: ${HOLDABLE} ${NONCHARACTER}`,
  },
  'a profile root with a code point that is no character': {
    spec: {},
    facts: {root: '/a\ufdef'},
    message: `the profile root: ${HOLDABLE} ${NONCHARACTER}`,
  },
  'a directory for logs with a line end': {
    spec: {},
    facts: {journal: false, logs: '/a\r'},
    message: `logs: ${HOLDABLE} an end of a line in it`,
  },
  'a line of 1 MiB': {
    spec: {argv: ['/bin/x', LONG, LONG]},
    message: 'argv: expected less than 1 MiB in all, got 1200018 bytes in a unit of systemd',
  },
}

for (const [title, {spec, facts, message}] of Object.entries(TEXTS)) {
  test(`${title} is refused`, t => {
    t.like(refusal(t, spec, facts), {code: 'HSVC_INVALID_SPEC', message})
  })
}

test('what is refused is never shown when it is a value of the environment', t => {
  t.notRegex(refusal(t, {env: {TOKEN: 'sesame\ufffe'}}).message, /sesame/)
})

test('a system service may have a line end in its record directory, because its environment file is elsewhere', t => {
  t.notThrows(() => system({}, {gateways: '/a\nb/gateways'}))
})

test('a log directory that cannot be named does not matter where there is a journal', t => {
  t.notThrows(() => plan({}, {logs: '/a\nb'}))
})

test('names that systemd sets for what ends a gateway are refused', t => {
  for (const key of ['MAINPID', 'SERVICE_RESULT', 'EXIT_CODE', 'EXIT_STATUS']) {
    t.like(refusal(t, {env: {GOOD: '1', [key]: 'sesame'}}), {
      code: 'HSVC_INVALID_SPEC',
      message: `environment ${key}: expected a name that systemd does not set itself, got ${key}`,
    })
  }
})

test('in the user scope only the account whose manager it is can run a gateway', t => {
  t.like(refusal(t, {account: 'hermes'}), {
    code: 'HSVC_INVALID_SPEC',
    message: 'account: expected ada, whose manager runs the gateway in the user scope, got hermes',
    hint: 'the system scope runs gateways as any account: --scope system',
  })
  t.notThrows(() => plan({account: 'ada'}))
  t.notThrows(() => plan({account: null}))
  const nameless = {...plainFacts().user, account: null}
  t.notThrows(() => plan({account: 'hermes'}, {user: nameless}))
})

test('a system service runs as root only when somebody asked for root', t => {
  const asRoot = {scope: 'system', account: 'root'} as const
  t.like(refusal(t, asRoot, ROOT), {
    code: 'HSVC_INVALID_SPEC',
    message: 'account: expected an account other than root for a system service, got root, which owns the profile root',
    hint: 'name the account: --user ACCOUNT; if it is to be root: --user root',
  })
  t.notThrows(() => plan({...asRoot, userSet: ['account']}, ROOT))
})

test('a name of an account that User= does not take is refused; usual and odd ones are taken', t => {
  for (const account of ['1000', '', 'a b', 'a:b', '-x', 'ada%h', 'ada\nExecStart=/bin/x', 'é']) {
    t.like(refusal(t, {scope: 'system', account}, ROOT), {
      code: 'HSVC_INVALID_SPEC',
      message: `account: expected a name that User= of systemd takes, got ${JSON.stringify(account)}`,
    })
  }
  for (const account of ['hermes', '_apt', 'ada.l', 'ada@corp', 'Ada-2', 'host$', null])
    t.notThrows(() => system({account}))
})

const GROWING = {version: 254}
const POLICIES: Readonly<Record<string, {spec: Spec; facts?: Facts; message: string; hint: string}>> = {
  'a window where the delay grows': {
    spec: {userSet: ['restart.window']},
    facts: GROWING,
    message:
      'restart.window: expected nothing, because systemd does not look at how long a gateway was up, got a setting',
    hint: 'leave it out, or set restart.maxDelay to the same as restart.delay and restart.giveUpAfter to never',
  },
  'a window where it is given up': {
    spec: {...restart({giveUpAfter: 3}), userSet: ['restart.giveUpAfter', 'restart.window']},
    message:
      'restart.window: expected nothing, because systemd does not look at how long a gateway was up, got a setting',
    hint: 'leave it out, or set restart.maxDelay to the same as restart.delay and restart.giveUpAfter to never',
  },
  'a longest delay before 254': {
    spec: {userSet: ['restart.maxDelay']},
    message: 'restart.maxDelay: expected systemd 254 or newer, which lets the delay grow, got 252',
    hint: 'leave it out, or set it to the same as restart.delay',
  },
  'a policy for logs where there is a journal': {
    spec: {userSet: ['logs.size']},
    message: 'logs: expected nothing, because journald decides, got a setting',
    hint: 'leave it out; journald has its own in journald.conf',
  },
  'a policy for logs where there is none': {
    spec: {userSet: ['logs.files']},
    facts: {journal: false},
    message: 'logs: expected nothing, because nobody here rotates files of systemd, got a setting',
    hint: 'leave it out; logrotate can do it',
  },
}

for (const [title, {spec, facts, message, hint}] of Object.entries(POLICIES)) {
  test(`${title} is refused where the user set it, and passed over where not`, t => {
    t.like(refusal(t, spec, facts), {code: 'HSVC_INVALID_SPEC', message, hint})
    t.notThrows(() => plan({...spec, userSet: []}, facts))
  })
}

test('a setting that means the same as what systemd does is taken', t => {
  t.notThrows(() => plan({userSet: ['restart.window']}))
  t.notThrows(() => plan({userSet: ['restart.maxDelay']}, GROWING))
  t.notThrows(() => plan({...restart({maxDelayMs: 5000}), userSet: ['restart.maxDelay', 'restart.window']}))
  t.notThrows(() => plan({...restart({giveUpAfter: 3}), userSet: ['restart.giveUpAfter']}))
})

test('each deviation from a default is noted', t => {
  t.deepEqual(plan().notes, ['restart.maxDelay: systemd 252 keeps the delay the same; it grows from 254 on'])
  t.deepEqual(plan({}, GROWING).notes, ['restart.window: the delay starts small again after a start by hand only'])
  const fixed = {...plainSpec().restart, maxDelayMs: 5000}
  t.deepEqual(plan({restart: fixed}).notes, [])
  t.deepEqual(plan({restart: {...fixed, giveUpAfter: 3}}).notes, [
    'restart.giveUpAfter: systemd counts starts in a time, also when one of them went well',
  ])
  const noteOfLogs = (directory: string): string[] => [
    `logs: there is no journal, so that output goes to ${directory}, which nobody rotates`,
  ]
  t.deepEqual(plan({restart: fixed}, {journal: false}).notes, noteOfLogs('/home/ada/.hermes/logs/gateways/coder'))
  t.deepEqual(system({restart: fixed}, {journal: false}).notes, noteOfLogs('/var/log/hermes-svc/coder'))
})

test('a gateway that runs as root because its manager does is noted; a system service of root was asked for', t => {
  const user = {...plainFacts().user, account: 'root'}
  const fixed = restart({maxDelayMs: 5000})
  t.deepEqual(plan({...fixed, account: 'root'}, {user}).notes, ['the gateway runs as root, whose manager this is'])
  t.deepEqual(system({...fixed, account: 'root', userSet: ['account']}).notes, [])
})

test('a name that leaves no room for the staging name is refused with how many characters fit', t => {
  t.notThrows(() => plan({profile: 'x'.repeat(214)}))
  t.like(refusal(t, {profile: 'x'.repeat(215)}), {
    code: 'HSVC_INVALID_PROFILE',
    message: 'expected a profile name of at most 214 characters on systemd; got 215',
  })
})

test('a system service is root’s to install', t => {
  const spec = {scope: 'system', account: 'hermes'} as const
  const hint = 'as root: sudo HERMES_HOME=/home/ada/.hermes hermes-svc gateway install coder'
  t.like(refusal(t, spec), {
    code: 'HSVC_PERMISSION_DENIED',
    message: 'scope: expected root for a system service, got uid 1000',
    hint,
  })
  t.is(refusal(t, {...spec, userSet: ['scope']}).hint, `${hint} --scope system; or leave the scope out`)
})

test('nothing is planned for a manager that cannot be spoken to, and only for that', t => {
  const unreachable = {reason: 'nobody listens', hint: 'start it'}
  const user = {...plainFacts().user, unreachable}
  t.like(refusal(t, {}, {user}), {code: 'HSVC_BACKEND_UNAVAILABLE', message: 'nobody listens', hint: 'start it'})
  t.notThrows(() => system({}, {user}))
  const other = {...plainFacts().system, unreachable}
  t.throws(() => system({}, {system: other}), {code: 'HSVC_BACKEND_UNAVAILABLE'})
  t.notThrows(() => plan({}, {system: other}))
})

test('a spec that cannot be is refused before what is missing here', t => {
  const user = {...plainFacts().user, unreachable: {reason: 'nobody listens', hint: 'start it'}}
  t.is(refusal(t, {cwd: '/a\nb'}, {user}).code, 'HSVC_INVALID_SPEC')
  t.is(refusal(t, {cwd: '/a\nb', scope: 'system'}).code, 'HSVC_INVALID_SPEC')
})
