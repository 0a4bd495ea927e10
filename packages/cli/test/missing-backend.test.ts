import {rmSync} from 'node:fs'
import test, {type ExecutionContext} from 'ava'
import {Machine, type Run} from './program.js'
import {schemaProblems} from './schemas.js'

const INSTALL = 'hermes-svc plugins install hermes-svc-backend-toy'
const MISSING = /no backend of the kind "toy" is installed for /

/** A machine with a gateway of the toy backend, which is then uninstalled. */
async function orphaned(t: ExecutionContext): Promise<Machine> {
  const machine = new Machine(t)
  machine.link()
  const {code, stderr} = await machine.run(['gateway', 'install', 'coder', '--', 'node'])
  t.is(code, 0, stderr)
  rmSync(machine.path('data', 'package.json'))
  return machine
}

function documentOf(t: ExecutionContext, {stdout}: Run, schema: string): Record<string, unknown> {
  const document = JSON.parse(stdout) as Record<string, unknown>
  t.is(schemaProblems(schema, document), '')
  return document
}

test('the list keeps a gateway whose backend is not installed, and warns with the command that installs it', async t => {
  const machine = await orphaned(t)
  const json = await machine.run(['gateway', 'list', '--json'])
  t.is(json.code, 0)
  const document = documentOf(t, json, 'gateways')
  t.like(document, {complete: false, gateways: [{profile: 'coder', backend: 'toy', state: 'unknown', wanted: 'up'}]})
  const warning = (document['warnings'] as string[]).find(text => MISSING.test(text))
  t.true(warning?.startsWith('coder in toy: ') === true && warning.endsWith(`(${INSTALL})`), warning)
  const {stdout, stderr} = await machine.run(['gateway', 'list'])
  t.regex(stdout, /^coder +unknown/m)
  t.regex(stderr, MISSING)
})

test('its status is the row and the reason, with exit code 69', async t => {
  const machine = await orphaned(t)
  const json = await machine.run(['gateway', 'status', 'coder', '--json'])
  t.is(json.code, 69)
  t.like(documentOf(t, json, 'gateways'), {
    gateways: [{profile: 'coder', state: 'unknown'}],
    errors: [{profile: 'coder', code: 'HSVC_NO_BACKEND', hint: INSTALL}],
  })
  const {code, stderr} = await machine.run(['gateway', 'status', 'coder'])
  t.is(code, 69)
  t.true(stderr.endsWith(`Try: ${INSTALL}\n`), stderr)
  t.is(stderr.split('\n').length, 2, 'it is said once')
})

for (const verb of ['start', 'stop', 'restart', 'logs', 'uninstall']) {
  test(`${verb} of it is refused with the command that installs its backend, and exit code 69`, async t => {
    const machine = await orphaned(t)
    const {code, stderr} = await machine.run(['gateway', verb, 'coder'])
    t.is(code, 69)
    t.regex(stderr, MISSING)
    t.true(stderr.includes(`Try: ${INSTALL}`), stderr)
  })
}

test('reconcile does not move it by itself, and says how it is moved; the doctor names it', async t => {
  const machine = await orphaned(t)
  const json = await machine.run(['gateway', 'reconcile', '--json'])
  t.is(json.code, 69)
  const {errors} = documentOf(t, json, 'reconcile') as {errors: {code: string; hint: string}[]}
  t.is(errors[0]?.code, 'HSVC_NO_BACKEND')
  t.regex(errors[0]?.hint ?? '', /plugins install hermes-svc-backend-toy; .* reconcile --backend KIND moves coder$/)
  t.is((await machine.run(['gateway', 'reconcile'])).stdout, '')
  t.regex((await machine.run(['doctor'])).stdout, MISSING)
})
