import {once} from 'node:events'
import {readdirSync} from 'node:fs'
import type {conformance} from '@hermes-svc/core/conformance'
import {CLEAN_UP_TITLE, createMemoryBackend} from '@hermes-svc/core/conformance'
import test from 'ava'
import type {VerifiedSentence} from '../dist/output/verification-output.js'
import {verifyBackend} from '../dist/verify-backend.js'
import {sentenceLines, verificationSummary} from '../dist/view/verification-lines.js'
import {Machine} from './program.js'
import {schemaProblems} from './schemas.js'

const {backend} = createMemoryBackend()

/** A suite of three sentences: one kept, one broken, one that does not apply. */
function suite(ran: string[], onFirst: () => void = () => undefined): typeof conformance {
  return options => {
    options.test('kept', () => {
      ran.push('kept')
      onFirst()
      return Promise.resolve()
    })
    options.test('broken', () => {
      ran.push('broken')
      return Promise.reject(new Error('expected 1, got 2'))
    })
    options.test(CLEAN_UP_TITLE, () => {
      ran.push('clean-up')
      return Promise.resolve()
    })
    return {
      entries: [
        {group: 'naming', title: 'kept', exempt: null},
        {group: 'values', title: 'moot', exempt: 'no reboot was given'},
        {group: 'values', title: 'broken', exempt: null},
      ],
    }
  }
}

test('every sentence is passed, failed or does not apply, with the reason, and cleaning up comes last', async t => {
  const ran: string[] = []
  const told: string[] = []
  const onResult = ({title}: VerifiedSentence, done: number, of: number): void => {
    told.push(`${title} ${String(done)}/${String(of)}`)
  }
  const results = await verifyBackend({backend, signal: new AbortController().signal, onResult}, suite(ran))
  t.deepEqual(ran, ['kept', 'broken', 'clean-up'])
  t.deepEqual(
    results.map(({result, reason}) => [result, reason]),
    [
      ['passed', null],
      ['skipped', 'no reboot was given'],
      ['failed', 'expected 1, got 2'],
      ['passed', null],
    ],
  )
  t.deepEqual(told, ['kept 1/4', 'moot 2/4', 'broken 3/4', `${CLEAN_UP_TITLE} 4/4`])
})

test('when interrupted nothing more is tried, and cleaning up is done all the same', async t => {
  const ran: string[] = []
  const controller = new AbortController()
  const abort = (): void => {
    controller.abort()
  }
  const results = await verifyBackend(
    {backend, signal: controller.signal, onResult: () => undefined},
    suite(ran, abort),
  )
  t.deepEqual(ran, ['kept', 'clean-up'])
  t.is(results[2]?.reason, 'interrupted')
})

test('the report says of each sentence what became of it, and of the backend whether it keeps the contract', t => {
  const sentence = {group: 'naming', title: 'It MUST.', durationMs: 1}
  t.deepEqual(sentenceLines({...sentence, result: 'passed', reason: null}), ['✓ It MUST.'])
  t.deepEqual(sentenceLines({...sentence, result: 'failed', reason: 'expected\n1'}), ['✗ It MUST.', '  expected 1'])
  t.deepEqual(sentenceLines({...sentence, result: 'skipped', reason: 'why'}), ['- It MUST. (why)'])
  t.is(
    verificationSummary('s6', {passed: 2, failed: 0, skipped: 1}),
    's6 keeps the contract: 2 passed, 0 failed, 1 do not apply',
  )
  t.regex(
    verificationSummary('s6', {passed: 2, failed: 0, skipped: 1}, true),
    /^s6 was not tried to the end: .* 1 were not tried$/,
  )
  t.is(
    verificationSummary('s6', {passed: 2, failed: 1, skipped: 0}),
    's6 breaks the contract: 2 passed, 1 failed, 0 do not apply',
  )
})

test('ctrl-C ends backend verify with its JSON and exit code 130, and nothing of it is left', async t => {
  const machine = new Machine(t)
  const temporary = machine.path('work')
  const child = machine.spawn(['backend', 'verify', 'embedded', '--json'], {env: {TMPDIR: temporary, TEMP: temporary}})
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  const deadline = Date.now() + 20_000
  while (readdirSync(temporary).length === 0 && Date.now() < deadline) await new Promise(setImmediate)
  child.kill('SIGINT')
  t.deepEqual(await once(child, 'close'), [130, null])
  const output = JSON.parse(stdout) as {tests: VerifiedSentence[]}
  t.is(schemaProblems('verification', output), '')
  t.true(output.tests.some(({reason}) => reason === 'interrupted'))
  t.deepEqual(readdirSync(temporary), [])
})
