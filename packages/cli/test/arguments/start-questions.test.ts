import {type GuardedServiceManager, type Host, serviceError} from '@hermes-svc/core'
import test from 'ava'
import sinon from 'sinon'
import {askAboutStarts, type InstallOrder, type StartFlags} from '../../dist/arguments/start-questions.js'

interface Machine {
  readonly autostart?: boolean
  readonly isRecorded?: boolean
  readonly refusal?: Error
}

const NOW = 'Start coder now?'
const LOGIN = 'Start coder whenever this account logs in?'

/** What is asked and what comes of it, by a user whose no is to the questions named. */
async function asked(
  flags: StartFlags,
  {no = [], autostart = true, isRecorded = false, refusal}: Machine & {readonly no?: readonly string[]} = {},
): Promise<{questions: string[]; given: InstallOrder; order: InstallOrder}> {
  const preview = refusal ? sinon.stub().rejects(refusal) : sinon.stub().resolves()
  const manager = {kind: 'windows', preview} as unknown as GuardedServiceManager
  const host = {
    records: {read: () => (isRecorded ? {} : null)},
    registry: {named: () => Promise.resolve({backend: {capabilities: {autostart}}})},
  } as unknown as Host
  const questions: string[] = []
  const given = {request: {profile: 'coder'}, options: {adopt: true, start: flags['no-start'] !== true}}
  const order = await askAboutStarts(given, {host, manager, flags}, question => {
    questions.push(question)
    return Promise.resolve(!no.includes(question))
  })
  if (questions.length > 0) sinon.assert.calledOnceWithExactly(preview, given.request, given.options)
  return {questions, given, order}
}

test('what nobody decided is asked, and yes changes nothing', async t => {
  const {questions, order, given} = await asked({})
  t.deepEqual(questions, [NOW, LOGIN])
  t.deepEqual(order, given)
})

test('each no is carried out', async t => {
  t.deepEqual((await asked({}, {no: [NOW]})).order, {
    request: {profile: 'coder'},
    options: {adopt: true, start: false},
  })
  t.deepEqual((await asked({}, {no: [LOGIN]})).order, {
    request: {profile: 'coder', autostart: false},
    options: {adopt: true, start: true},
  })
})

test('what a flag decides is not asked', async t => {
  for (const flags of [{'start-now': true}, {'no-start': true}])
    t.deepEqual((await asked(flags)).questions, [LOGIN], JSON.stringify(flags))
  for (const flags of [{'start-on-login': true}, {'no-autostart': true}])
    t.deepEqual((await asked(flags)).questions, [NOW], JSON.stringify(flags))
  const decided = await asked({'no-start': true, 'start-on-login': true})
  t.deepEqual(decided.questions, [])
  t.deepEqual(decided.order, decided.given)
})

test('nobody is asked about a login where the backend starts nothing then', async t => {
  t.deepEqual((await asked({}, {autostart: false})).questions, [NOW])
})

test('who repeats an install is asked nothing, unless earlier ones are to be forgotten', async t => {
  t.deepEqual((await asked({}, {isRecorded: true})).questions, [])
  t.deepEqual((await asked({force: true}, {isRecorded: true})).questions, [NOW, LOGIN])
})

test('the elevated process asks nothing: who started it has asked', async t => {
  t.deepEqual((await asked({'elevated-handoff': true})).questions, [])
})

test('what install would refuse is refused before anything is asked', async t => {
  const refusal = serviceError('HSVC_NOT_FOUND', 'no profile "coder"')
  await t.throwsAsync(asked({}, {refusal}), {is: refusal})
})
