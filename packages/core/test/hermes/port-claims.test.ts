import test from 'ava'
import {portClaims, readPort} from '../../dist/hermes/port-claims.js'
import {KEY, settingsOf, type Sources} from './claim-sources.js'

/** What is claimed, and by which setting it would change; `?` where it is not certain. */
function claimed(sources: Sources, told: number | null = null): string[] {
  return portClaims(settingsOf(sources), told).map(
    ({name, value, host, setting, certain}) => `${name} ${host ?? '-'}:${value}${certain ? '' : '?'} (${setting})`,
  )
}

const WITH_KEY = `API_SERVER_KEY=${KEY}`

for (const [title, sources, claims] of [
  ['a key in .env starts it, on 8642', {dotenv: WITH_KEY}, ['API server 127.0.0.1:8642 (--port)']],
  [
    'with --port it is there',
    {env: {API_SERVER_PORT: '9000'}, dotenv: WITH_KEY},
    ['API server 127.0.0.1:9000 (--port)'],
  ],
  [
    'the port of .env wins over --port',
    {env: {API_SERVER_PORT: '9000'}, dotenv: `${WITH_KEY}\nAPI_SERVER_PORT=9001\nAPI_SERVER_HOST=0.0.0.0`},
    ['API server 0.0.0.0:9001 (API_SERVER_PORT in its .env)'],
  ],
  [
    'the port of config.yaml holds where no variable has one',
    {dotenv: WITH_KEY, config: 'platforms: {api_server: {extra: {port: 9002, host: "::"}}}'},
    ['API server :::9002 (platforms.api_server.extra.port in its config.yaml)'],
  ],
  [
    'a port beside extra is one too, and may be text',
    {dotenv: WITH_KEY, config: 'gateway: {api_server: {port: "9003"}}'},
    ['API server 127.0.0.1:9003 (platforms.api_server.extra.port in its config.yaml)'],
  ],
  [
    'a variable wins over config.yaml together with its key',
    {env: {API_SERVER_PORT: '9000'}, dotenv: WITH_KEY, config: 'platforms: {api_server: {extra: {port: 9002}}}'},
    ['API server 127.0.0.1:9000 (--port)'],
  ],
  [
    'and not where the key is in config.yaml',
    {
      env: {API_SERVER_PORT: '9000'},
      config: `platforms: {api_server: {enabled: true, extra: {port: 9002, key: ${KEY}}}}`,
    },
    ['API server 127.0.0.1:9002 (platforms.api_server.extra.port in its config.yaml)'],
  ],
  [
    'a port that is none is passed over',
    {dotenv: `${WITH_KEY}\nAPI_SERVER_PORT=no`},
    ['API server 127.0.0.1:8642 (--port)'],
  ],
  [
    'a key that is too short may start it',
    {dotenv: 'API_SERVER_ENABLED=1\nAPI_SERVER_KEY=short'},
    ['API server 127.0.0.1:8642? (--port)'],
  ],
  [
    'a key that refers to another variable may start it',
    {dotenv: 'API_SERVER_KEY=${SHARED}'},
    ['API server 127.0.0.1:8642? (--port)'],
  ],
  ['config.yaml can disable it', {dotenv: WITH_KEY, config: 'platforms: {api_server: {enabled: false}}'}, []],
  ['a port that refers to another variable is not known', {dotenv: `${WITH_KEY}\nAPI_SERVER_PORT=\${P}`}, []],
  ['a host that refers to another variable is not known', {dotenv: `${WITH_KEY}\nAPI_SERVER_HOST=\${H}`}, []],
  ['without key and word there is none', {env: {API_SERVER_PORT: '9000'}}, []],
  [
    'of an environment that others give, the port may be another',
    {env: null, dotenv: WITH_KEY},
    ['API server 127.0.0.1:8642? (--port)'],
  ],
  [
    'unless .env says it',
    {env: null, dotenv: `${WITH_KEY}\nAPI_SERVER_PORT=9001`},
    ['API server 127.0.0.1:9001 (API_SERVER_PORT in its .env)'],
  ],
] as const) {
  test(`API server: ${title}`, t => {
    t.deepEqual(claimed(sources), [...claims])
  })
}

test('the webhook listens on 8644, or where WEBHOOK_PORT or config.yaml say', t => {
  t.deepEqual(claimed({dotenv: 'WEBHOOK_ENABLED=true'}), ['webhook :8644 (WEBHOOK_PORT in its .env)'])
  t.deepEqual(claimed({dotenv: 'WEBHOOK_ENABLED=true\nWEBHOOK_PORT=9010'}), [
    'webhook :9010 (WEBHOOK_PORT in its .env)',
  ])
  t.deepEqual(claimed({dotenv: 'WEBHOOK_PORT=9010', config: 'platforms: {webhook: {enabled: true, port: 9011}}'}), [
    'webhook :9011 (platforms.webhook.extra.port in its config.yaml)',
  ])
  t.deepEqual(claimed({config: 'platforms: {webhook: {enabled: true, port: 9011}}\nwebhook: {port: 9012}'}), [
    'webhook :9012 (platforms.webhook.extra.port in its config.yaml)',
  ])
  t.deepEqual(claimed({dotenv: 'WEBHOOK_PORT=9010'}), [])
  t.deepEqual(claimed({config: 'platforms: {webhook: {enabled: false}}'}), [])
})

test('a port that install was told counts also without an API server, but not for sure', t => {
  t.deepEqual(claimed({}, 9000), ['--port -:9000? (--port)'])
  t.deepEqual(claimed({dotenv: WITH_KEY, env: {API_SERVER_PORT: '9000'}}, 9000), ['API server 127.0.0.1:9000 (--port)'])
})

for (const [value, port] of [
  [8642, 8642],
  ['8642', 8642],
  [' 8642 ', 8642],
  ['+8642', 8642],
  ['0', null],
  ['65536', null],
  [65_535, 65_535],
  ['8642.5', null],
  [1.5, null],
  ['0x10', null],
  ['', null],
  [null, null],
  [true, null],
  [['8642'], null],
] as const) {
  test(`a port is read as a whole number: ${JSON.stringify(value)} is ${String(port)}`, t => {
    t.is(readPort(value), port)
  })
}
