import {basename} from 'node:path'
import test from 'ava'
import {FakeWindows} from '../../../packages/backend-windows/dist-test/fake-windows/fake-windows.js'
import {whyNoFakeWindows} from '../../../packages/backend-windows/dist-test/fake-windows/fixture.js'
import type {AnsweringTool} from '../../../packages/backend-windows/dist-test/fake-windows/run-program.js'
import {askFact} from './fact.js'
import type {RealWindows} from './real-windows.js'
import {TASK_FACTS} from './task-facts.js'

/** The fake as the questions see a Windows. */
function asWindows(fake: FakeWindows): RealWindows {
  const {settings, places} = fake
  return {
    system: places.system32,
    userId: settings.sid,
    isElevated: settings.elevated,
    engines: settings.vbscript ? ['vbscript', 'jscript'] : ['jscript'],
    startup: places.startup,
    quietMs: 500,
    async run(file, ...args) {
      const {code, stdoutBytes, stderrBytes} = await fake.answer(basename(file, '.exe') as AnsweringTool, ...args)
      return {code, stdout: stdoutBytes, stderr: stderrBytes}
    },
  }
}

const fakeTest = whyNoFakeWindows === '' ? test : test.skip
const why = whyNoFakeWindows === '' ? '' : ` (skipped: ${whyNoFakeWindows})`

/** Answers with /HRESULT of an old Windows, which does not know it. */
const UNKNOWN = [
  'the same with a logon trigger that names nobody, `/HRESULT`: 1',
  'the same with `/HRESULT`: 1',
  '`/Delete /F` of a task that is not there, `/HRESULT`: 1',
]

for (const [title, options, otherwise] of [
  ['a new Windows', {}, []],
  ['an old Windows in Russian without VBScript', {windows: 'old', language: 'ru', vbscript: false}, UNKNOWN],
] as const)
  fakeTest(`the fake schtasks answers as the questions to a real one expect: ${title}${why}`, async t => {
    const fake = FakeWindows.create(options)
    t.teardown(() => fake.remove())
    const findings = await Promise.all(TASK_FACTS.map(fact => askFact(asWindows(fake), fact)))
    const others = findings.filter(({verdict}) => verdict !== 'as expected')
    t.deepEqual(
      others.map(({fact, got}) => `${fact.question}: ${got}`),
      [...otherwise],
    )
    t.deepEqual(fake.tasks(), [])
  })
