import type {GatewaySpec} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import {definitionId, delayGrows, parseHermesHome, parseUnitMarker, renderUnit} from '../dist/unit-file.js'
import {assertGolden} from './golden.js'
import {plainFacts, plainSpec, restart} from './plain-gateway.js'

type Facts = Parameters<typeof plainFacts>[0]

function unit(spec: Partial<GatewaySpec> = {}, facts: Facts = {}): string {
  return renderUnit(plainSpec(spec), plainFacts(facts))
}

/** The values of a directive in a unit, in order. */
function values(text: string, directive: string): string[] {
  return text
    .split('\n')
    .filter(line => line.startsWith(`${directive}=`))
    .map(line => line.slice(directive.length + 1))
}

const HOSTILE: Partial<GatewaySpec> = {
  profile: '0_x-y',
  description: ' two\nExecStart=/bin/false\n %h "quoted" \\',
  argv: [
    '/opt/my $HOME/100%/hermes',
    '',
    ';',
    'a b',
    '"\'\\',
    '$HOME ${X} %n',
    'line\nExecStartPre=/bin/false',
    'é\t😀',
  ],
  env: {EMPTY: '', SECRET: 'se\nsame"\\ %h $HOME'},
  cwd: '/home/ada/a dir/"q" 100% \\',
}
const HOSTILE_FACTS = {root: '/home/ada/*?[x]\\ "é\u2028" %n', gateways: '/home/ada/*?[x]\\ "é\u2028" %n/g'}

test('the units of one plain gateway are as they were', t => {
  const system: Partial<GatewaySpec> = {scope: 'system', account: 'hermes'}
  assertGolden(t, 'user.service', unit())
  assertGolden(t, 'system.service', unit(system))
  assertGolden(t, 'user.no-journal.service', unit({}, {journal: false}))
  assertGolden(t, 'system.no-journal.service', unit(system, {journal: false}))
  assertGolden(t, 'user.239.service', unit({}, {version: 239}))
  assertGolden(t, 'user.254.service', unit({}, {version: 254}))
  assertGolden(t, 'user.give-up.service', unit(restart({giveUpAfter: 5})))
  assertGolden(t, 'user.no-autostart.service', unit({autostart: false}))
  assertGolden(t, 'user.hostile.service', unit(HOSTILE, HOSTILE_FACTS))
})

test('no value of the environment is in a unit, nor a hash that depends on one', t => {
  const text = unit({env: {TOKEN: 'sesame', PIN: '1234'}})
  t.notRegex(text, /sesame|1234|TOKEN|PIN/)
  t.is(unit({env: {TOKEN: 'other', PIN: '5678'}}), text)
})

test('a definition has another id for each difference but values of the environment, and what was set by whom', t => {
  const id = (changes: Partial<GatewaySpec>): string => definitionId(plainSpec(changes))
  const plain = id({})
  t.regex(plain, /^[0-9a-f]{12}$/)
  const env = plainSpec().env
  const turned = Object.fromEntries(Object.entries(env).reverse())
  const same = [{env: {...env, TOKEN: 'x'}}, {env: turned}, {userSet: ['port']}]
  for (const changes of same) t.is(id(changes), plain)
  const others = [{port: 1}, {env: {...env, MORE: ''}}, {autostart: false}, {argv: ['/x']}, {stopTimeoutMs: 1}]
  t.is(new Set(others.map(id)).add(plain).size, others.length + 1)
})

test('a program that cannot be executed fails at once where systemd knows how to tell', t => {
  t.deepEqual(values(unit({}, {version: 240}), 'Type'), ['exec'])
  t.deepEqual(values(unit({}, {version: 239}), 'Type'), ['simple'])
})

test('the delay grows where systemd knows how, and there is something to grow', t => {
  const grows = (changes: Parameters<typeof restart>[0], version: number): boolean =>
    delayGrows(plainSpec(restart(changes)), {version})
  t.true(grows({}, 254))
  t.true(grows({}, 257))
  t.false(grows({}, 253))
  t.false(grows({}, 0))
  t.false(grows({delayMs: 0}, 254))
  t.false(grows({maxDelayMs: 5000}, 254))
  t.false(grows({maxDelayMs: 4000}, 254))
})

const DOUBLINGS: readonly (readonly [delayMs: number, maxDelayMs: number, steps: number])[] = [
  [5000, 300_000, 6],
  [1000, 1001, 1],
  [1000, 2000, 1],
  [1000, 2001, 2],
  [1, 3_600_000, 22],
]

test('the delay takes as many steps to the longest as it would take doublings', t => {
  for (const [delayMs, maxDelayMs, steps] of DOUBLINGS) {
    const text = unit(restart({delayMs, maxDelayMs}), {version: 254})
    t.deepEqual(values(text, 'RestartSteps'), [String(steps)])
    t.deepEqual(values(text, 'RestartMaxDelaySec'), [`${String(maxDelayMs)}ms`])
  }
})

interface Codes {
  readonly fatal: readonly number[]
  readonly clean: readonly number[]
  readonly prevent: readonly string[]
  readonly success: string
}

const CODES: Readonly<Record<string, Codes>> = {
  'fatal and clean exit codes end it, sorted and each once': {
    fatal: [78, 2, 100],
    clean: [0, 2],
    prevent: ['0 2 78 100'],
    success: '0 2 75',
  },
  'exit code 75 starts it again, whatever else was asked': {
    fatal: [75, 78],
    clean: [75, 0],
    prevent: ['0 78'],
    success: '0 75',
  },
  'without codes that end it there is no line for them': {fatal: [], clean: [], prevent: [], success: '75'},
  'exit code 0 starts it again where it is not among the clean ones': {
    fatal: [78],
    clean: [],
    prevent: ['78'],
    success: '75',
  },
}

for (const [title, {fatal, clean, prevent, success}] of Object.entries(CODES)) {
  test(title, t => {
    const text = unit(restart({fatalExitCodes: fatal, cleanExitCodes: clean}))
    t.deepEqual(values(text, 'RestartPreventExitStatus'), prevent)
    t.deepEqual(values(text, 'SuccessExitStatus'), [success])
    t.deepEqual(values(text, 'RestartForceExitStatus'), ['75'])
    t.deepEqual(values(text, 'Restart'), ['always'])
  })
}

test('giving up takes the runs and the delays of that many starts', t => {
  const policy = restart({giveUpAfter: 3, delayMs: 2000, maxDelayMs: 8000, windowMs: 60_000})
  const interval = (version: number): string[] => values(unit(policy, {version}), 'StartLimitIntervalSec')
  t.deepEqual(interval(252), ['186000ms'])
  t.deepEqual(interval(254), ['204000ms'])
  t.deepEqual(values(unit(policy), 'StartLimitBurst'), ['3'])
})

test('without giving up it is started for ever', t => {
  t.deepEqual(values(unit(), 'StartLimitIntervalSec'), ['0'])
  t.deepEqual(values(unit(), 'StartLimitBurst'), [])
})

test('a stop that may take no time is the shortest one, and not one without end', t => {
  t.deepEqual(values(unit({stopTimeoutMs: 0}), 'TimeoutStopSec'), ['1ms'])
  t.deepEqual(values(unit({stopTimeoutMs: 1500}), 'TimeoutStopSec'), ['1500ms'])
})

test('a directory ends in a slash, so that no blank is cut off and no backslash joins the next line', t => {
  const cwd = (path: string): string[] => values(unit({cwd: path}), 'WorkingDirectory')
  t.deepEqual(cwd('/a b'), ['/a b/'])
  t.deepEqual(cwd('/a '), ['/a /'])
  t.deepEqual(cwd('/a\\'), ['/a\\/'])
  t.deepEqual(cwd('/100%'), ['/100%%/'])
  t.deepEqual(cwd('/'), ['/'])
})

test('only a system unit names an account and waits for the network', t => {
  for (const line of ['User=ada', 'Wants=network-online.target', 'After=network-online.target']) {
    t.true(unit({scope: 'system'}).split('\n').includes(line))
    t.false(unit().split('\n').includes(line))
  }
  t.deepEqual(values(unit({scope: 'system', account: null}), 'User'), [])
  t.deepEqual(values(unit({scope: 'system'}), 'WantedBy'), ['multi-user.target'])
  t.deepEqual(values(unit(), 'WantedBy'), ['default.target'])
})

test('a unit of ours is told by what it says of itself', t => {
  const marker = parseUnitMarker(unit())
  t.deepEqual(marker, {
    root: '/home/ada/.hermes',
    id: definitionId(plainSpec()),
    autostart: true,
    intact: true,
    logsToFile: false,
  })
  t.like(parseUnitMarker(unit({autostart: false}, {journal: false})), {autostart: false, logsToFile: true})
})

test('the profile root is read back whatever is in its name', t => {
  const roots = ['/a b', '/"q"\\', '/100%', '/é😀', '/a\u2028b', '/a\u2029', '/a\u0085', '/\u007f\u001b', '/a\nb\rc']
  for (const root of roots) t.is(parseUnitMarker(unit({}, {root}))?.root, root, JSON.stringify(root))
})

function assertChanged(t: ExecutionContext, change: (text: string) => string): void {
  const text = unit()
  const changed = change(text)
  t.not(changed, text)
  t.is(parseUnitMarker(changed)?.intact, false, changed)
}

test('a unit in which anything was changed is not intact', t => {
  assertChanged(t, text => text.replace('Restart=always', 'Restart=no'))
  assertChanged(t, text => text.replace('# Written', '# Once written'))
  assertChanged(t, text => text.replace('Autostart=yes', 'Autostart=no'))
  assertChanged(t, text => `${text}\n`)
  assertChanged(t, text => `${text}[Service]\nEnvironment=A=1\n`)
  assertChanged(t, text => text.replace(/Digest=.*\n$/, ''))
  assertChanged(t, text => text.replace(/Digest=/, 'Digest=0'))
  assertChanged(t, text => text.trimEnd())
})

test('a unit without the section, or with less than it needs, is nobody of ours', t => {
  const text = unit()
  t.is(parseUnitMarker(''), null)
  t.is(parseUnitMarker('[Service]\nExecStart=/bin/true\n'), null)
  t.is(parseUnitMarker(text.replace('[X-HermesSvc]', '[X-Other]')), null)
  t.is(parseUnitMarker(text.replace('[X-HermesSvc]', '#[X-HermesSvc]')), null)
  t.is(parseUnitMarker(text.replace(/^Root=.*\n/m, '')), null)
  t.is(parseUnitMarker(text.replace(/^Root=.*$/m, 'Root=/home/ada')), null)
  t.is(parseUnitMarker(text.replace(/^Definition=.*\n/m, '')), null)
  t.is(parseUnitMarker(text.replace(/^Definition=.*$/m, 'Definition=../../etc/shadow')), null)
})

test('a root that is no text is nobody of ours', t => {
  for (const root of ['7', 'null', '["/x"]', '{}'])
    t.is(parseUnitMarker(unit().replace(/^Root=.*$/m, `Root=${root}`)), null, root)
})

const HOMES: readonly (readonly [line: string, home: string | null])[] = [
  ['Environment="HERMES_HOME=/opt/my data"', '/opt/my data'],
  ['Environment="PATH=/bin" "HERMES_HOME=/opt/data" HOME=/x', '/opt/data'],
  ["Environment='HERMES_HOME=/opt/my data'", '/opt/my data'],
  ['Environment=HERMES_HOME=/opt/data', '/opt/data'],
  ['Environment=PATH=/bin HERMES_HOME=/opt/data HOME=/x', '/opt/data'],
  ['Environment="HERMES_HOME=/opt/\\"q\\"\\\\x/100%%"', '/opt/"q"\\x/100%'],
  ['#Environment=HERMES_HOME=/opt/data', null],
  ['Environment=OTHER_HERMES_HOME=/opt/data', null],
  ['Environment=PATH=/bin', null],
  ['EnvironmentFile=/opt/HERMES_HOME=/x', null],
  ['ExecStart=/usr/bin/env HERMES_HOME=/opt/data hermes', null],
  ['', null],
]

test('the home that somebody else’s unit sets is read in each of its spellings', t => {
  for (const [line, home] of HOMES) t.is(parseHermesHome(`[Service]\n${line}\nRestart=always\n`), home, line)
})

test('of several homes the last one counts, as it does for systemd', t => {
  t.is(parseHermesHome('[Service]\nEnvironment=HERMES_HOME=/old\nEnvironment=HERMES_HOME=/new\n'), '/new')
})
