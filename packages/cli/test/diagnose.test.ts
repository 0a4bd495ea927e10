import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import test, {type ExecutionContext} from 'ava'
import sinon from 'sinon'
import {createHost, type Host} from '@hermes-svc/core'
import {diagnose} from '../dist/diagnose.js'
import {Machine, packageRoot} from './program.js'
import {gateway, spec} from './samples.js'

const toy = pathToFileURL(join(packageRoot, 'test', 'fixtures', 'toy-backend', 'index.js')).href

/** A host over the toy backend, whose `examine` has that body. */
function hostWith(t: ExecutionContext, examine: string): Host {
  const machine = new Machine(t)
  const module = `import {backend as toy} from ${JSON.stringify(toy)}
export const backend = {...toy, async examine() { ${examine} }}`
  writeFileSync(machine.path('work', 'index.mjs'), module)
  const backend = {contract: 1, kind: 'toy', priority: 50, platforms: [process.platform], module: './index.mjs'}
  return createHost({
    packages: [{name: 'toy', version: '1.0.0', root: machine.path('work'), source: 'linked', metadata: backend}],
    layers: [{source: 'test', data: {hermes: {root: machine.path('root')}}}],
    env: machine.env,
    loadDeadlineMs: 20_000,
  })
}

test('what the backend finds wrong with its init system is told: an error with a code, a warning without', async t => {
  const answer = `return [
    {severity: 'warning', message: 'it is nearly full', hint: null},
    {severity: 'error', message: 'it has stopped to look', hint: 'remove the link'},
  ]`
  const findings = await diagnose(hostWith(t, answer))
  t.deepEqual(findings[0], {
    severity: 'error',
    message: 'it has stopped to look',
    hint: 'remove the link',
    code: 'HSVC_BACKEND_UNAVAILABLE',
  })
  t.deepEqual(
    findings.find(({message}) => message === 'it is nearly full'),
    {severity: 'warning', message: 'it is nearly full', hint: null, code: null},
  )
  t.true(findings.some(({severity, message}) => severity === 'ok' && message === 'backend: toy container'))
})

test('a gateway behind another one of its profile has no finding of its own, whatever its state', async t => {
  const host = hostWith(t, 'return []')
  const first = gateway({backend: 'toy', service: 'own', state: 'running'})
  const hidden = gateway({backend: 'toy', service: 'other', scope: 'system', state: 'failed'})
  sinon.replace(await host.manager(), 'status', async () => Promise.resolve([first, hidden]))
  t.deepEqual(
    (await diagnose(host)).filter(({message}) => message.startsWith('coder')),
    [],
  )
})

test('what the host warns of while it looks is a finding, such as a profile that is defined twice', async t => {
  const host = hostWith(t, 'return []')
  const message = 'coder is defined twice'
  sinon.replace(await host.manager(), 'status', async () => {
    host.warn(message)
    return Promise.resolve([])
  })
  const found = (await diagnose(host)).filter(finding => finding.message === message)
  t.deepEqual(found, [{severity: 'warning', message, hint: null, code: null}])
})

test('a gateway whose backend would start it, and is not started there, is a warning; one that nobody wants back is none', async t => {
  const host = hostWith(t, 'return []')
  const rows = [
    gateway({backend: 'toy', autostart: false}),
    gateway({backend: 'toy', profile: 'ops', autostart: false}),
    gateway({backend: 'toy', profile: 'web', autostart: false, origin: 'foreign'}),
  ]
  sinon.replace(await host.manager(), 'status', async () => Promise.resolve(rows))
  sinon.replace(host.records, 'read', profile => {
    const record = {schemaVersion: 1, profile, backend: 'toy', wanted: 'up', request: {profile}, path: ''} as const
    return {...record, spec: spec({autostart: profile !== 'ops'})}
  })
  const message = 'coder does not come back by itself after a reboot: nothing starts toy user at boot'
  t.deepEqual(
    (await diagnose(host)).filter(finding => finding.message.includes('reboot')),
    [{severity: 'warning', message, hint: null, code: null}],
  )
})

test('a backend that fails at examining its init system is a warning, and the rest is looked at', async t => {
  const findings = await diagnose(hostWith(t, `throw new Error('boom')`))
  t.like(findings[0], {severity: 'warning', message: 'toy: examine failed: boom', code: null})
  for (const message of ['backend: toy container', 'gateways: 0 of 0 running'])
    t.true(
      findings.some(finding => finding.severity === 'ok' && finding.message === message),
      message,
    )
})
