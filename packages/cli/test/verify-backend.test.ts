import {once} from 'node:events'
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import type {conformance} from '@hermes-svc/core/conformance'
import {CLEAN_UP_TITLE, createMemoryBackend} from '@hermes-svc/core/conformance'
import test from 'ava'
import {verificationOutput, type VerifiedSentence} from '../dist/output/verification-output.js'
import {verifyBackend} from '../dist/verify-backend.js'
import {sentenceLines, verificationSummary} from '../dist/view/verification-lines.js'
import {Machine, packageRoot} from './program.js'
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

test('throw-away gateways have names that no user gives, since what has such a name is removed', async t => {
  const prefixes: unknown[] = []
  const named: typeof conformance = options => {
    prefixes.push(options.prefix)
    return suite([])(options)
  }
  await verifyBackend({backend, signal: new AbortController().signal, onResult: () => undefined}, named)
  t.deepEqual(prefixes, ['hsvc-verify'])
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

test('only sentences that have the text in chapter or title are tried, whatever its case, and cleaning up', async t => {
  for (const [only, expected] of [
    ['KEPT', ['kept', 'clean-up']],
    ['values', ['broken', 'clean-up']],
    ['nothing of the kind', []],
  ] as const) {
    const ran: string[] = []
    const {signal} = new AbortController()
    await verifyBackend({backend, only, signal, onResult: () => undefined}, suite(ran))
    t.deepEqual(ran, expected)
  }
})

test('the suite waits as long as it is told for verbs, and fifteen times as long for a sentence', async t => {
  const timings: unknown[] = []
  const hanging: typeof conformance = options => {
    timings.push(options.timing)
    const rest = suite([])
    options.test('kept', () => new Promise(() => undefined))
    return rest({...options, test: (title, run) => (title === 'kept' ? undefined : options.test(title, run))})
  }
  const {signal} = new AbortController()
  const results = await verifyBackend({backend, timeoutMs: 2, endingMs: 1, signal, onResult: () => undefined}, hanging)
  t.deepEqual(timings, [{deadlineMs: 2, shortVerbMs: 400, doomedSettleMs: 5000}])
  t.is(results[0]?.reason, 'expected an end within 0.03 s, got none')
})

test('on a machine that is given more time, a verb that has to run out of time has come as far as elsewhere', async t => {
  const timings: unknown[] = []
  const looking: typeof conformance = options => {
    timings.push(options.timing)
    return suite([])(options)
  }
  const {signal} = new AbortController()
  await verifyBackend({backend, timeoutMs: 200_000, signal, onResult: () => undefined}, looking)
  t.deepEqual(timings, [{deadlineMs: 200_000, shortVerbMs: 4000, doomedSettleMs: 50_000}])
})

test('after a sentence that does not end nothing more is tried, and the report says who cleans up', async t => {
  const ran: string[] = []
  const controller = new AbortController()
  const hanging: typeof conformance = options => {
    options.test('kept', () => new Promise(() => undefined))
    const rest = suite(ran)
    return rest({...options, test: (title, run) => (title === 'kept' ? undefined : options.test(title, run))})
  }
  const verification = {backend, signal: controller.signal, endingMs: 1, onResult: () => undefined}
  const results = verifyBackend(verification, hanging)
  controller.abort()
  t.deepEqual(
    (await results).map(({result, reason}) => [result, reason]),
    [
      ['failed', 'interrupted before the state was observed'],
      ['skipped', 'no reboot was given'],
      ['skipped', 'the sentence before did not end'],
      ['failed', 'the sentence before did not end; the next run removes what is left'],
    ],
  )
  t.deepEqual(ran, [])
})

test('the report has a chapter’s sentences below it, and at the end each failure with its reason, and the verdict', t => {
  const sentence = {group: 'naming', title: 'It MUST.', durationMs: 1}
  t.deepEqual(sentenceLines({...sentence, result: 'passed', reason: null}, null), ['naming', '  ✓ It MUST.'])
  t.deepEqual(sentenceLines({...sentence, result: 'failed', reason: 'expected\n1'}, 'naming'), ['  ✗ It MUST.'])
  t.deepEqual(sentenceLines({...sentence, result: 'skipped', reason: 'why'}, 'naming'), ['  - It MUST. (why)'])
  const verdict = {backend: 's6', scope: null, interrupted: false, durationMs: 61_000}
  const failed = {...sentence, result: 'failed' as const, reason: 'expected\n\n\u001b[31m1'}
  const skipped = {...sentence, result: 'skipped' as const, reason: 'why'}
  t.deepEqual(verificationSummary(verificationOutput(verdict, [failed, skipped], [])), [
    '',
    '✗ naming: It MUST.',
    '    expected',
    '    1',
    '',
    's6 breaks the contract: 0 passed, 1 failed, 1 not tried, in 1m 1s',
  ])
  const last = (changes: object, only?: string): string | undefined =>
    verificationSummary(verificationOutput({...verdict, ...changes}, [skipped], []), only).at(-1)
  t.regex(last({}) ?? '', /^s6 keeps the contract: /)
  t.regex(last({}, 'logs') ?? '', /^s6 keeps what was tried of the contract: /)
  t.regex(last({interrupted: true}) ?? '', /^s6 was not tried to the end: /)
})

test('what cannot be verified here is refused before anything is made, with exit code and reason', async t => {
  const machine = new Machine(t)
  const toy = join(packageRoot, 'test', 'fixtures', 'toy-backend', 'index.js')
  const absent = machine.path('work', 'absent')
  mkdirSync(absent)
  const metadata = {contract: 1, kind: 'toy', priority: 60, platforms: [process.platform], module: './index.js'}
  const packageJson = {name: 'absent', version: '1.0.0', type: 'module', oclif: {}, hermesSvc: {backend: metadata}}
  writeFileSync(join(absent, 'package.json'), JSON.stringify({...packageJson, exports: './index.js'}))
  const detect = `async () => ({presence: 'absent', evidence: [], reason: 'nobody listens'})`
  const module = `import {backend as toy} from ${JSON.stringify(toy)}\nexport const backend = {...toy, detect: ${detect}}`
  writeFileSync(join(absent, 'index.js'), module)
  machine.link(absent)
  for (const [argv, code, message] of [
    [['toy'], 69, /^✗ toy is absent here: nobody listens/],
    [['nope'], 69, /"nope" is installed for/],
    [['toy', '--backend', 'embedded'], 64, /expected one backend, got toy and --backend embedded/],
    [['embedded', '--only', 'no such words'], 64, /--only/],
    [['embedded', '--timeout', 'soon'], 64, /--timeout: expected a duration/],
  ] as const) {
    const run = await machine.run(['backend', 'verify', ...argv])
    t.is(run.code, code, run.stderr)
    t.regex(run.stderr, message)
    t.is(run.stdout, '')
  }
})

for (const signal of ['SIGINT', 'SIGHUP'] as const) {
  test(`${signal} ends backend verify with its JSON and exit code 130, and nothing of it is left`, async t => {
    const machine = new Machine(t)
    const temporary = machine.path('work')
    const child = machine.spawn(['backend', 'verify', 'embedded', '--json'], {
      env: {TMPDIR: temporary, TEMP: temporary},
    })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    const deadline = Date.now() + 60_000
    while (readdirSync(temporary).length === 0 && Date.now() < deadline) await sleep(5)
    child.kill(signal)
    t.deepEqual(await once(child, 'close'), [130, null])
    const output = JSON.parse(stdout) as {tests: VerifiedSentence[]}
    t.is(schemaProblems('verification', output), '')
    t.true(output.tests.some(({reason}) => reason === 'interrupted'))
    t.deepEqual(readdirSync(temporary), [])
  })
}
