import test from 'ava'
import {
  type Configuration,
  DEFAULT_CONFIGURATION,
  effectiveValues,
  environmentLayer,
  mergeConfiguration,
  SETTINGS,
  variableOf,
} from '@hermes-svc/core'

/** For each key: a value as in a file, the text of its variable, and what it becomes; then values that are refused. */
const KEYS: Readonly<
  Record<string, {file: unknown; text: string; parsed: unknown; bad: readonly unknown[]; badText?: string}>
> = {
  backend: {file: 's6', text: 's6', parsed: 's6', bad: [6, '', ['s6'], 's\0']},
  scope: {file: 'system', text: 'system', parsed: 'system', bad: ['root', 1, ''], badText: 'root'},
  'hermes.root': {file: '/opt/data', text: '/opt/data', parsed: '/opt/data', bad: ['data', '~/x', 1], badText: 'data'},
  'hermes.command': {
    file: ['hermes', 'gateway'],
    text: '["hermes","gateway"]',
    parsed: ['hermes', 'gateway'],
    bad: ['hermes gateway', [], [''], ['hermes', 1], {}],
    badText: 'hermes gateway run',
  },
  'hermes.user': {file: 'hermes', text: 'hermes', parsed: 'hermes', bad: [1000, '', true]},
  'hermes.cwd': {file: '/srv', text: '/srv', parsed: '/srv', bad: ['srv', './srv', 0], badText: 'srv'},
  'restart.delay': {file: '2s', text: '2s', parsed: 2000, bad: [5, '5', 'soon', '-1s', '25d', null], badText: '5'},
  'restart.maxDelay': {file: '10m', text: '10m', parsed: 600_000, bad: ['10 minutes', true], badText: '10'},
  'restart.window': {file: '90s', text: '90s', parsed: 90_000, bad: ['', [], '1w'], badText: '1w'},
  'restart.giveUpAfter': {file: 4, text: '4', parsed: 4, bad: [0, -1, 1.5, '4', 'sometimes'], badText: 'sometimes'},
  'restart.fatalExitCodes': {
    file: [78, 2, 78],
    text: '[78,2,78]',
    parsed: [2, 78],
    bad: [78, '78', [256], [-1], [1.5], ['78']],
    badText: '78',
  },
  'restart.cleanExitCodes': {file: [], text: '[]', parsed: [], bad: [null, {}, [300]], badText: 'none'},
  'start.settle': {file: '300ms', text: '300ms', parsed: 300, bad: [300, 'now'], badText: '300'},
  'stop.timeout': {file: '1m', text: '1m', parsed: 60_000, bad: ['forever', 60], badText: 'forever'},
  'logs.files': {file: 3, text: '3', parsed: 3, bad: [0, 1001, '3', 1.5], badText: 'many'},
  'logs.size': {file: '64KiB', text: '64KiB', parsed: 65_536, bad: [0, -1, '1.5', 'big', '1 KBit'], badText: 'big'},
  'plugins.allow': {file: ['a', 'b'], text: '["a","b"]', parsed: ['a', 'b'], bad: ['a', [1], {}], badText: 'a'},
  backends: {
    file: {s6: {scandir: '/run/service'}},
    text: '{"s6":{"scandir":"/run/service"}}',
    parsed: {s6: {scandir: '/run/service'}},
    bad: [[], 's6', null, {s6: 'x'}, {s6: []}],
    badText: 's6',
  },
}

function nested(key: string, value: unknown): unknown {
  return key.split('.').reduceRight((inner, name) => ({[name]: inner}), value)
}

function valueOf(configuration: Configuration, key: string): unknown {
  const path = SETTINGS.find(setting => setting.key === key)?.field.split('.') ?? []
  return path.reduce((node: unknown, part) => (node as Record<string, unknown>)[part], configuration)
}

test('every key of the configuration is in the tables of these tests', t => {
  t.deepEqual(
    Object.keys(KEYS),
    SETTINGS.map(({key}) => key),
  )
})

for (const [key, {file, text, parsed, bad, badText}] of Object.entries(KEYS)) {
  test(`${key} can be set in a file, nested or with a dotted key, and comes with where it was set`, t => {
    for (const data of [nested(key, file), {[key]: file}]) {
      const {configuration, origins, userSet} = mergeConfiguration([{source: '/etc/x.yaml', data}])
      t.deepEqual(valueOf(configuration, key), parsed)
      t.deepEqual(origins, {[key]: '/etc/x.yaml'})
      t.deepEqual(userSet, [key])
    }
  })

  test(`${key} can be set in the environment as ${variableOf(key)}; set but empty is unset`, t => {
    const {configuration, origins} = mergeConfiguration([environmentLayer({[variableOf(key)]: text})])
    t.deepEqual(valueOf(configuration, key), parsed)
    t.deepEqual(origins, {[key]: 'environment'})
    t.deepEqual(mergeConfiguration([environmentLayer({[variableOf(key)]: ''})]), mergeConfiguration([]))
  })

  test(`${key} set in two places is that of the first`, t => {
    const {expected = '', fallback} = SETTINGS.find(setting => setting.key === key) ?? {}
    const other = expected.startsWith('a duration') ? `${String(fallback)}ms` : (fallback ?? file)
    const layers = [environmentLayer({[variableOf(key)]: text}), {source: '/etc/x.yaml', data: nested(key, other)}]
    const {configuration, origins} = mergeConfiguration(layers)
    t.deepEqual(valueOf(configuration, key), parsed)
    t.is(origins[key], 'environment')
  })

  test(`a bad value of ${key} is refused naming source, key, expected and got`, t => {
    const expected = SETTINGS.find(setting => setting.key === key)?.expected ?? 'never'
    for (const value of bad) {
      const got = JSON.stringify(value).slice(0, 80)
      const error = t.throws(() => mergeConfiguration([{source: '/etc/x.yaml', data: nested(key, value)}]), {
        code: 'HSVC_CONFIG_INVALID',
      })
      t.is(error.message, `/etc/x.yaml: ${key}: expected ${expected}, got ${got}`)
    }
    if (badText === undefined) return
    const error = t.throws(() => mergeConfiguration([environmentLayer({[variableOf(key)]: badText})]), {
      code: 'HSVC_CONFIG_INVALID',
    })
    t.true(error.message.startsWith(`environment: ${key}: expected ${expected}, got `))
  })
}

test('flags come before the environment, and the environment before a file', t => {
  const file = {source: '/etc/x.yaml', data: {backend: 's6', scope: 'system', hermes: {user: 'hermes'}}}
  const environment = environmentLayer({HERMES_SVC_BACKEND: 'systemd', HERMES_SVC_SCOPE: 'user'})
  const {configuration, origins} = mergeConfiguration([
    {source: '--backend', data: {backend: 'runit'}},
    environment,
    file,
  ])
  t.like(configuration, {backend: 'runit', scope: 'user', hermes: {user: 'hermes'}})
  t.deepEqual(origins, {backend: '--backend', scope: 'environment', 'hermes.user': '/etc/x.yaml'})
})

test('a value is refused also where a source before it sets the key', t => {
  const layers = [
    {source: '--backend', data: {backend: 'runit'}},
    {source: '/etc/x.yaml', data: {backend: 7}},
  ]
  t.throws(() => mergeConfiguration(layers), {code: 'HSVC_CONFIG_INVALID', message: /^\/etc\/x\.yaml: backend/})
})

test('the sample of the documentation is accepted, and is the defaults where it says so', t => {
  const data = {
    backend: 's6',
    scope: 'user',
    hermes: {
      root: '/opt/data',
      command: ['hermes', '-p', '{profile}', 'gateway', 'run'],
      user: 'hermes',
      cwd: '/opt/data',
    },
    restart: {
      delay: '5s',
      maxDelay: '5m',
      window: '2m',
      giveUpAfter: 'never',
      fatalExitCodes: [78],
      cleanExitCodes: [0],
    },
    start: {settle: '1s'},
    stop: {timeout: '70s'},
    logs: {files: 10, size: '1MB'},
    plugins: {allow: null},
    backends: {s6: {scandir: '/run/service', binDir: '/command'}},
  }
  const {configuration} = mergeConfiguration([{source: 'sample', data}])
  const {restart, start, stop, logs, plugins, hermes} = configuration
  const defaults = DEFAULT_CONFIGURATION
  t.deepEqual(
    {restart, start, stop, logs, plugins, command: hermes.command},
    {
      restart: defaults.restart,
      start: defaults.start,
      stop: defaults.stop,
      logs: defaults.logs,
      plugins: defaults.plugins,
      command: defaults.hermes.command,
    },
  )
  t.deepEqual(configuration.backends, {s6: {scandir: '/run/service', binDir: '/command'}})
})

for (const [what, data, message] of [
  ['an unknown key', {bakend: 's6'}, /^x: unknown key bakend: expected one of backend, scope,/],
  [
    'an unknown key in a group',
    {restart: {delya: '5s'}},
    /unknown key restart\.delya: expected one of restart\.delay, /,
  ],
  ['$import', {$import: './other.yaml'}, /unknown key \$import/],
  ['$import in a group', {hermes: {$import: './other.yaml'}}, /unknown key hermes\.\$import/],
  ['a name that every object has', {constructor: {name: 'x'}}, /unknown key constructor/],
  ['a prototype', JSON.parse('{"__proto__": {"backend": "s6"}}'), /unknown key __proto__/],
  ['a group that is no mapping', {restart: 5}, /^x: restart: expected a mapping, got 5/],
  ['a group that is empty', {restart: null}, /^x: restart: expected a mapping, got null/],
  ['a list', ['backend'], /^x: the document: expected a mapping of keys, got \["backend"\]/],
  ['text', 'backend', /^x: the document: expected a mapping/],
] as const) {
  test(`${what} is refused`, t => {
    t.throws(() => mergeConfiguration([{source: 'x', data}]), {code: 'HSVC_CONFIG_INVALID', message})
  })
}

test('an empty document sets nothing', t => {
  for (const data of [null, undefined, {}, {restart: {}}]) {
    t.deepEqual(mergeConfiguration([{source: 'x', data}]), mergeConfiguration([]))
  }
})

test('null unsets what may be unset, and counts as set by the user', t => {
  const layers = [
    {source: 'a', data: {backend: null, hermes: {user: null}, restart: {giveUpAfter: 'never'}}},
    {source: 'b', data: {backend: 's6'}},
  ]
  const {configuration, userSet} = mergeConfiguration(layers)
  t.is(configuration.backend, null)
  t.deepEqual(userSet, ['backend', 'hermes.user', 'restart.giveUpAfter'])
})

test('restart.maxDelay is at least restart.delay, wherever they come from', t => {
  const message = /^x: restart\.maxDelay: expected at least restart\.delay/
  t.throws(() => mergeConfiguration([{source: 'x', data: {restart: {delay: '10m'}}}]), {message})
  t.throws(() => mergeConfiguration([{source: 'x', data: {restart: {delay: '10s', maxDelay: '9s'}}}]), {message})
  t.notThrows(() => mergeConfiguration([{source: 'x', data: {restart: {delay: '10m', maxDelay: '10m'}}}]))
})

test('a message shows no more than the beginning of a bad value', t => {
  const error = t.throws(() => mergeConfiguration([{source: 'x', data: {backend: ['y'.repeat(5000)]}}]))
  t.true(error.message.length < 200)
})

test('variables that are none of ours are not read', t => {
  t.deepEqual(environmentLayer({HERMES_SVC_CONFIG: '/x', HERMES_HOME: '/y', BACKEND: 's6'}).data, {})
})

test('an effective value is what a file may hold: read back, it gives the same configuration', t => {
  const layers = Object.entries(KEYS).map(([key, {file}]) => ({source: key, data: nested(key, file)}))
  const {configuration, origins} = mergeConfiguration(layers)
  const data = Object.fromEntries(effectiveValues(configuration, origins).map(({key, value}) => [key, value]))
  t.deepEqual(mergeConfiguration([{source: 'shown', data}]).configuration, configuration)
})

test('the effective values are every key with its value and origin', t => {
  const {configuration, origins} = mergeConfiguration([{source: '--backend', data: {backend: 's6'}}])
  const values = effectiveValues(configuration, origins)
  t.deepEqual(
    values.map(({key}) => key),
    SETTINGS.map(({key}) => key),
  )
  t.deepEqual(values[0], {key: 'backend', value: 's6', origin: '--backend'})
  t.deepEqual(
    values.find(({key}) => key === 'stop.timeout'),
    {key: 'stop.timeout', value: '70s', origin: 'default'},
  )
})
