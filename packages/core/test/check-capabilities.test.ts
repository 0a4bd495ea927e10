import test from 'ava'
import {type Capabilities, checkCapabilities, type GatewaySpec} from '@hermes-svc/core'

const ABLE: Capabilities = {
  runtimeRegistration: true,
  scopes: ['user', 'system'],
  autostart: true,
  readiness: true,
  restartCount: true,
  backoff: 'exponential',
  giveUp: true,
  fatalExitCodes: true,
  logs: 'file',
  follow: true,
  runAsUser: true,
  reclaimsStrays: false,
  maxGateways: null,
}

const SPEC: GatewaySpec = {
  profile: 'coder',
  description: 'Hermes gateway coder',
  argv: ['/usr/bin/hermes'],
  env: {},
  cwd: '/',
  port: null,
  scope: 'user',
  account: 'hermes',
  autostart: true,
  restart: {
    delayMs: 5000,
    maxDelayMs: 300_000,
    windowMs: 120_000,
    giveUpAfter: 5,
    fatalExitCodes: [78],
    cleanExitCodes: [0],
  },
  settleMs: 1000,
  stopTimeoutMs: 70_000,
  logs: {files: 10, sizeBytes: 1_000_000},
  userSet: [],
}

test('a backend that can do everything has no notes', t => {
  t.deepEqual(checkCapabilities('able', SPEC, ABLE, true), [])
})

for (const [field, unable] of [
  ['account', {runAsUser: false}],
  ['autostart', {autostart: false}],
  ['restart.giveUpAfter', {giveUp: false}],
  ['restart.fatalExitCodes', {fatalExitCodes: false}],
  ['restart.maxDelay', {backoff: 'fixed'}],
  ['restart.maxDelay', {backoff: 'none'}],
] as const) {
  const what = JSON.stringify(unable)
  test(`with ${what} a default ${field} becomes a note`, t => {
    const notes = checkCapabilities('weak', SPEC, {...ABLE, ...unable}, true)
    t.is(notes.length, 1)
    t.true(notes[0]?.startsWith(`${field}: `))
  })

  test(`with ${what} a ${field} that the user set is refused with HSVC_INVALID_SPEC`, t => {
    t.throws(() => checkCapabilities('weak', {...SPEC, userSet: [field]}, {...ABLE, ...unable}, true), {
      code: 'HSVC_INVALID_SPEC',
      message: new RegExp(`^${field}: the weak backend`),
    })
  })
}

test('a scope that the backend lacks is refused, also as a default', t => {
  t.throws(() => checkCapabilities('weak', {...SPEC, scope: 'container'}, ABLE, false), {code: 'HSVC_INVALID_SPEC'})
})

test('a value that asks for nothing needs no capability', t => {
  const modest = {...SPEC, autostart: false}
  const restart = {...SPEC.restart, giveUpAfter: null, fatalExitCodes: [], maxDelayMs: 5000}
  const weak = {
    ...ABLE,
    runAsUser: false,
    autostart: false,
    giveUp: false,
    fatalExitCodes: false,
    backoff: 'none' as const,
  }
  const asked = {...modest, restart, userSet: ['account', 'restart.giveUpAfter']}
  t.deepEqual(checkCapabilities('weak', asked, weak, false), [])
})
