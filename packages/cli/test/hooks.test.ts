import {readFileSync, writeFileSync} from 'node:fs'
import {resolve} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {type Changes, HookMachine} from './hook-machine.js'
import {packageRoot, type Run} from './program.js'
import {schemaProblems} from './schemas.js'

const PAGE = resolve(packageRoot, '../../docs/hooks.md')

type Verb = 'register' | 'unregister'

const KNOWS_NO_REGISTRATION = {'runtimeRegistration: true': 'runtimeRegistration: false'}
const UNREACHABLE = {
  "presence: 'available',\n    scope: 'container',": "presence: 'unreachable', reason: 'no bus', hint: 'log in first',",
}
const HAS_ROOM_FOR_ONE = {'maxGateways: null': 'maxGateways: 1'}

/** What a backend does instead of registering or removing a gateway. */
function instead(verb: Verb, code: string): Changes {
  const begin = verb === 'register' ? 'async registerProfileGateway(profile, {spec}) {' : 'async uninstall(profile) {'
  return {'function create({paths}) {': 'function create({paths, error}) {', [begin]: `${begin}\n      ${code}`}
}

const DENIED = "throw error('HSVC_PERMISSION_DENIED', 'may not write', {hint: 'run it as root'})"
const FAILING = "throw error('HSVC_TOOL_FAILED', 'toyctl ended with 1')"
const HANGING = 'await new Promise(() => undefined)'

interface Skip {
  readonly verb: Verb
  readonly when: string
  /** What the verb rejects with where it is no hook; null: nothing. */
  readonly code: string | null
  readonly says: 'silent' | 'one line'
  readonly prepare: (t: ExecutionContext) => Promise<HookMachine> | HookMachine
  /** In JSON, where it is another one. */
  readonly skippedAs?: string
}

const sound = (t: ExecutionContext): HookMachine => new HookMachine(t)
const registered = async (t: ExecutionContext): Promise<HookMachine> =>
  await new HookMachine(t).done('gateway', 'register', 'coder', '--no-start')
const installed = async (t: ExecutionContext): Promise<HookMachine> =>
  await new HookMachine(t).done('gateway', 'install', 'coder', '--no-start')

const OF_BOTH = (['register', 'unregister'] as const).flatMap((verb): Skip[] => [
  {
    verb,
    when: 'no init system was detected',
    code: 'HSVC_NO_BACKEND',
    says: 'silent',
    prepare: t => new HookMachine(t, 'slim'),
  },
  {
    verb,
    when: 'the init system knows no registration',
    code: 'HSVC_UNSUPPORTED',
    says: 'silent',
    prepare: t => new HookMachine(t).link(KNOWS_NO_REGISTRATION),
  },
  {
    verb,
    when: 'one that knows none cannot be reached, such as a missing user bus',
    code: 'HSVC_BACKEND_UNAVAILABLE',
    says: 'silent',
    prepare: t => new HookMachine(t).link({...KNOWS_NO_REGISTRATION, ...UNREACHABLE}),
  },
  {
    verb,
    when: 'one that knows it cannot be reached',
    code: 'HSVC_BACKEND_UNAVAILABLE',
    says: 'one line',
    prepare: async t => (await (verb === 'register' ? new HookMachine(t) : registered(t))).link(UNREACHABLE),
  },
  {
    verb,
    when: 'this account may not change it',
    code: 'HSVC_PERMISSION_DENIED',
    says: 'one line',
    prepare: async t => (await (verb === 'register' ? new HookMachine(t) : registered(t))).link(instead(verb, DENIED)),
  },
  {
    verb,
    when: 'somebody else made a gateway of that name',
    code: 'HSVC_ALREADY_EXISTS',
    says: 'silent',
    prepare: async t => (await registered(t)).disown(),
  },
])

const SKIPS: readonly Skip[] = [
  ...OF_BOTH,
  {
    verb: 'register',
    when: 'it is registered already',
    code: 'HSVC_ALREADY_EXISTS',
    says: 'silent',
    prepare: registered,
  },
  {verb: 'register', when: 'it is installed already', code: 'HSVC_ALREADY_EXISTS', says: 'silent', prepare: installed},
  {verb: 'unregister', when: 'there is no such gateway', code: null, says: 'silent', prepare: sound},
  {
    verb: 'unregister',
    when: 'it knows none, and the gateway is installed',
    code: 'HSVC_UNSUPPORTED',
    says: 'one line',
    prepare: async t => (await installed(t)).link(KNOWS_NO_REGISTRATION),
    skippedAs: 'HSVC_ALREADY_EXISTS',
  },
  {verb: 'unregister', when: 'it is installed', code: 'HSVC_ALREADY_EXISTS', says: 'one line', prepare: installed},
]

function hookOf(verb: Verb, profile = 'coder'): string[] {
  return ['gateway', verb, profile, ...(verb === 'register' ? ['--no-start'] : []), '--if-supported']
}

function documentOf(t: ExecutionContext, {stdout}: Run, schema: string): Record<string, unknown> {
  const document = JSON.parse(stdout) as Record<string, unknown>
  t.is(schemaProblems(schema, document), '', stdout)
  return document
}

for (const {verb, when, code, says, prepare, skippedAs = code} of SKIPS) {
  test(`${verb} --if-supported ends with 0 where ${when}, ${says}, and changes nothing`, async t => {
    const machine = await prepare(t)
    const before = machine.gateways()
    const told = await machine.run(...hookOf(verb))
    t.deepEqual([told.code, told.stdout], [0, ''], told.stderr)
    t.regex(told.stderr, says === 'silent' ? /^$/ : /^! coder is left as it is: .+ \(.+\)\n$/)
    const json = await machine.run(...hookOf(verb), '--json')
    t.deepEqual([json.code, json.stderr], [0, ''])
    const document = documentOf(t, json, verb === 'register' ? 'gateways' : 'removed')
    t.deepEqual((document['skipped'] as {code: string}[]).map(row => row.code), skippedAs === null ? [] : [skippedAs]) // prettier-ignore
    t.is((document['warnings'] as string[]).length, says === 'silent' ? 0 : 1)
    const bare = await machine.run(...hookOf(verb).filter(word => word !== '--if-supported'), '--json')
    if (code === null) t.is(bare.code, 0)
    else t.like(documentOf(t, bare, 'error'), {error: {code}})
    t.is(machine.gateways(), before)
  })
}

interface Failure {
  readonly verb: Verb
  readonly when: string
  readonly code: string
  readonly exitCode: number
  readonly argv?: readonly string[]
  readonly prepare?: (t: ExecutionContext) => Promise<HookMachine> | HookMachine
}

const FAILURES: readonly Failure[] = [
  ...(['register', 'unregister'] as const).flatMap((verb): Failure[] => [
    {
      verb,
      when: 'the name is none of a profile, also where the init system knows no registration',
      code: 'HSVC_INVALID_PROFILE',
      exitCode: 64,
      argv: hookOf(verb, 'Bad.Name'),
      prepare: t => new HookMachine(t).link(KNOWS_NO_REGISTRATION),
    },
    {
      verb,
      when: 'the backend that the user chose is not installed',
      code: 'HSVC_NO_BACKEND',
      exitCode: 69,
      argv: [...hookOf(verb), '--backend', 'nobodys'],
    },
    {
      verb,
      when: 'it takes longer than it may',
      code: 'HSVC_TIMEOUT',
      exitCode: 75,
      argv: [...hookOf(verb), '--timeout', '300ms'],
      prepare: async t =>
        (await (verb === 'register' ? new HookMachine(t) : registered(t))).link(instead(verb, HANGING)),
    },
    {
      verb,
      when: 'a tool failed',
      code: 'HSVC_TOOL_FAILED',
      exitCode: 74,
      prepare: async t =>
        (await (verb === 'register' ? new HookMachine(t) : registered(t))).link(instead(verb, FAILING)),
    },
  ]),
  {
    verb: 'register',
    when: 'there is no such profile on disk',
    code: 'HSVC_INVALID_SPEC',
    exitCode: 64,
    argv: hookOf('register', 'nobody'),
  },
  {
    verb: 'register',
    when: 'a flag is wrong',
    code: 'HSVC_USAGE',
    exitCode: 64,
    argv: [...hookOf('register'), '--port', '0'],
  },
  {
    verb: 'register',
    when: 'the configuration is broken',
    code: 'HSVC_CONFIG_INVALID',
    exitCode: 78,
    prepare: t => {
      const machine = new HookMachine(t).link(KNOWS_NO_REGISTRATION)
      writeFileSync(machine.path('root', 'hermes-svc.yaml'), 'nonsense: 1\n')
      return machine
    },
  },
  {
    verb: 'register',
    when: 'the backend that the user chose does not load',
    code: 'HSVC_BACKEND_UNAVAILABLE',
    exitCode: 69,
    argv: [...hookOf('register'), '--backend', 'toy'],
    prepare: t =>
      new HookMachine(t).link({'export const backend = {': "throw new Error('broken')\nexport const backend = {"}),
  },
  {
    verb: 'register',
    when: 'the init system has no room',
    code: 'HSVC_CAPACITY',
    exitCode: 69,
    argv: hookOf('register', 'ops'),
    prepare: async t => (await registered(t)).link(HAS_ROOM_FOR_ONE),
  },
  {
    verb: 'register',
    when: 'without `--no-start`: it was started and died',
    code: 'HSVC_START_FAILED',
    exitCode: 3,
    argv: ['gateway', 'register', 'coder', '--if-supported', '--', 'node', 'die'],
  },
]

for (const {verb, when, code, exitCode, argv = hookOf(verb), prepare = sound} of FAILURES) {
  test(`${verb} --if-supported fails with ${String(exitCode)} where ${when}`, async t => {
    const machine = await prepare(t)
    const before = machine.gateways()
    const told = await machine.run(...argv)
    t.is(told.code, exitCode, told.stderr)
    t.regex(told.stderr, /^✗ /m)
    const flagged = argv.flatMap(word => (word === '--if-supported' ? [word, '--json'] : [word]))
    const json = await machine.run(...flagged)
    t.is(json.code, exitCode)
    t.like(documentOf(t, json, 'error'), {error: {code, exitCode}})
    t.is(machine.gateways() || '{}', before || '{}')
  })
}

test('a hook that has something to do does it, and says under --json that nothing was left as it is', async t => {
  const machine = new HookMachine(t)
  t.like(documentOf(t, await machine.run(...hookOf('register'), '--json'), 'gateways'), {
    gateways: [{profile: 'coder', origin: 'registered', state: 'stopped', wanted: 'down'}],
    skipped: [],
  })
  t.like(documentOf(t, await machine.run(...hookOf('unregister'), '--json'), 'removed'), {
    removed: [{profile: 'coder', removed: ['coder']}],
    skipped: [],
  })
  t.regex((await machine.run(...hookOf('register'))).stdout, /^✓ coder stopped/)
  t.regex((await machine.run(...hookOf('unregister'))).stdout, /^✓ coder removed/)
})

test('of several profiles each is unregistered, left as it is or failed by itself', async t => {
  const machine = await installed(t)
  await machine.done('gateway', 'register', 'ops', '--no-start')
  const run = await machine.run(
    'gateway',
    'unregister',
    'coder',
    'Bad.Name',
    'ops',
    'nobody',
    '--if-supported',
    '--json',
  )
  t.is(run.code, 64)
  t.like(documentOf(t, run, 'removed'), {
    removed: [{profile: 'ops', removed: ['ops']}, {profile: 'nobody', removed: []}],
    skipped: [{profile: 'coder', code: 'HSVC_ALREADY_EXISTS', hint: 'hermes-svc gateway uninstall coder'}],
    errors: [{profile: 'Bad.Name', code: 'HSVC_INVALID_PROFILE'}],
  }) // prettier-ignore
})

test('the tables of docs/hooks.md are the ones that are tested', t => {
  const rows = readFileSync(PAGE, 'utf8').split('\n').filter(line => /^\| (?:un)?register \|/.test(line)) // prettier-ignore
  const tested = [
    ...SKIPS.map(({verb, when, code, says}) => [verb, when, code === null ? 'none' : `\`${code}\``, says]),
    ...FAILURES.map(({verb, when, code, exitCode}) => [verb, when, `\`${code}\``, String(exitCode)]),
  ]
  t.deepEqual(rows.sort(), tested.map(cells => `| ${cells.join(' | ')} |`).sort())
})
