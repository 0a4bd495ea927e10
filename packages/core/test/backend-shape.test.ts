import test from 'ava'
import {
  backendShapeProblem,
  detectionShape,
  isServiceManager,
  missingFromServiceManager,
  problemsShape,
} from '@hermes-svc/core'
import {ALL_CAPABILITIES, FakeInit, FakeManager, fakeBackend} from './fixtures/fake-init.js'
import {VirtualClock} from './fixtures/virtual-clock.js'

const BACKEND = fakeBackend(new FakeInit(new VirtualClock()))

/** For each capability values that it cannot have. */
const BAD_CAPABILITIES: Record<keyof typeof ALL_CAPABILITIES, readonly unknown[]> = {
  runtimeRegistration: [undefined, 'yes', 1],
  scopes: [[], ['planet'], 'user', undefined],
  autostart: [null],
  readiness: [0],
  restartCount: ['true'],
  backoff: ['linear', true, undefined],
  giveUp: [undefined],
  fatalExitCodes: [[78]],
  logs: ['files', false],
  follow: [undefined],
  runAsUser: ['root'],
  reclaimsStrays: [undefined],
  maxGateways: [0, -1, 1.5, '500', undefined],
}

test('a backend with everything has no problem', t => {
  t.is(backendShapeProblem(BACKEND, 'fake'), null)
  t.is(backendShapeProblem({...BACKEND, capabilities: {...ALL_CAPABILITIES, maxGateways: 500}}, 'fake'), null)
})

for (const [field, values] of Object.entries(BAD_CAPABILITIES)) {
  test(`capabilities.${field} that the contract does not have is named`, t => {
    for (const value of values) {
      const problem = backendShapeProblem({...BACKEND, capabilities: {...ALL_CAPABILITIES, [field]: value}}, 'fake')
      t.true(problem?.startsWith(`expected backend.capabilities.${field}`), problem ?? 'none')
    }
  })
}

test('what a backend may have and has, is a function', t => {
  for (const method of ['command', 'examine']) {
    t.is(backendShapeProblem({...BACKEND, [method]: () => null}, 'fake'), null)
    const problem = backendShapeProblem({...BACKEND, [method]: ['hermes']}, 'fake')
    t.is(problem, `expected backend.${method} to be a function or absent, got object`)
  }
})

test('every method of a service manager is needed, and so is its kind', t => {
  const manager = new FakeManager('fake', new FakeInit(new VirtualClock()))
  t.true(isServiceManager(manager))
  t.deepEqual(missingFromServiceManager({}).length, 15)
  for (const method of missingFromServiceManager(null)) {
    const lacking = Object.assign(Object.create(manager) as Record<string, unknown>, {[method]: undefined})
    t.deepEqual(missingFromServiceManager(lacking), [method])
    t.false(isServiceManager(lacking))
  }
  for (const value of [undefined, 'x', 7, []]) t.false(isServiceManager(value))
})

test('a detection has a presence and evidence, and a scope that there is', t => {
  const detection = {presence: 'available', evidence: []}
  t.deepEqual(detectionShape(detection, 'x'), detection as unknown)
  t.like(detectionShape({...detection, scope: 'container'}, 'x'), {scope: 'container'})
  for (const bad of [
    null,
    'available',
    {presence: 'available'},
    {...detection, presence: 'there'},
    {...detection, scope: ''},
    {...detection, evidence: ['seen']},
    {...detection, evidence: [{fact: 'a', path: 7, value: 'b'}]},
    {...detection, reason: 7},
    {...detection, hint: {}},
  ]) {
    t.throws(() => detectionShape(bad, 'detection'), {message: /^expected detection/})
  }
})

test('of evidence without end as much is taken as can be shown', t => {
  const fact = 'x'.repeat(1_000_000)
  const evidence = Array.from({length: 10_000}, () => ({fact, path: null, value: fact}))
  const {evidence: shown, reason} = detectionShape({presence: 'absent', evidence, reason: fact}, 'x')
  t.true(JSON.stringify([shown, reason]).length < 60_000)
})

test('a problem has a severity that there is, a message, and a hint or null', t => {
  const problem = {severity: 'error', message: 'it is full', hint: null}
  for (const good of [[], [problem], [{...problem, severity: 'warning', hint: 'make room'}]])
    t.deepEqual(problemsShape(good, 'x'), good as unknown)
  for (const bad of [null, problem, [null], [{...problem, severity: 'ok'}], [{...problem, message: undefined}]])
    t.throws(() => problemsShape(bad, 'x'))
  const message = 'expected problems[1].hint to be a text, got none'
  t.throws(() => problemsShape([problem, {...problem, hint: undefined}], 'problems'), {message})
})
