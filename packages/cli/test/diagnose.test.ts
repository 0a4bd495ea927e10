import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import test, {type ExecutionContext} from 'ava'
import sinon from 'sinon'
import {createHost, type Host} from '@hermes-svc/core'
import {diagnose} from '../dist/diagnose.js'
import {Machine, packageRoot} from './program.js'
import {gateway} from './samples.js'

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

test('a gateway behind another one of its profile is a warning, whatever its state', async t => {
  const host = hostWith(t, 'return []')
  const first = gateway({backend: 'toy', service: 'own', state: 'running'})
  const hidden = gateway({backend: 'toy', service: 'other', scope: 'system', state: 'failed'})
  sinon.replace(await host.manager(), 'status', async () => Promise.resolve([first, hidden]))
  const found = (await diagnose(host)).filter(({message}) => message.startsWith('coder'))
  t.is(found.length, 1)
  t.like(found[0], {severity: 'warning', code: null})
  t.regex(found[0]?.message ?? '', /defined twice: own \(toy user\).*other \(toy system\) is left alone/)
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
