import {type BackendContext, serviceError, type ToolRunner} from '@hermes-svc/core'
import {suiteContext} from '@hermes-svc/core/conformance'
import test from 'ava'
import {Launchctl} from '../dist/launchctl.js'

/** A launchctl that ends with a code, as a tool runner gives it: codes that are no answer reject. */
function ending(exitCode: number, stdout = '', stderr = ''): Launchctl {
  const tools: ToolRunner = {
    run(_file, _args, {okExitCodes = [0]} = {}) {
      if (okExitCodes.includes(exitCode)) return Promise.resolve({exitCode, stdout, stderr})
      return Promise.reject(serviceError('HSVC_TOOL_FAILED', `got ${String(exitCode)}`))
    },
    lines: () => {
      throw new Error('nothing is followed')
    },
  }
  const context: BackendContext = suiteContext('/nowhere', {tools})
  return new Launchctl(context, '/bin/launchctl')
}

const TARGET = 'gui/501/ai.hermes-svc.coder'

for (const [codes, became] of [
  [[0], 'loaded'],
  [[5, 17, 36, 37, 130], 'busy'],
  [[119], 'disabled'],
  [[112, 125], 'no-domain'],
] as const) {
  test(`a bootstrap that ends with ${codes.join(' or ')} is ${became}`, async t => {
    for (const code of codes) t.is(await ending(code).bootstrap('gui/501', '/x.plist'), became, String(code))
  })
}

for (const [codes, became] of [
  [[0], 'asked'],
  [[36, 37], 'dying'],
  [[3, 112, 113, 125], 'absent'],
] as const) {
  test(`a kickstart that ends with ${codes.join(' or ')} is ${became}`, async t => {
    for (const code of codes) t.is(await ending(code).kickstart(TARGET), became, String(code))
  })
}

test('a bootout of what is not there, or is on its way out, is well', async t => {
  for (const code of [0, 3, 5, 36, 37, 112, 113, 125]) await t.notThrowsAsync(ending(code).bootout(TARGET))
})

test('a job or a domain that launchd does not have is none', async t => {
  for (const code of [3, 112, 113, 125]) {
    t.is(await ending(code).print(TARGET), null)
    t.false(await ending(code).hasDomain('gui/501'))
    t.is(await ending(code).disabled('user/501'), null)
  }
  t.true(await ending(0).hasDomain('gui/501'))
})

test('what an account may not do is said with the words of launchctl', async t => {
  for (const code of [1, 13, 150]) {
    const said = 'Boot-out failed: 1: Operation not permitted\nsecond line\n'
    const error = await t.throwsAsync(ending(code, '', said).bootout(TARGET))
    t.like(error, {code: 'HSVC_PERMISSION_DENIED'})
    t.regex(error.message, /bootout gui\/501\/ai\.hermes-svc\.coder, got: Boot-out failed: 1: Operation not permitted$/)
  }
})

test('any other code is a failure of the tool', async t => {
  for (const code of [2, 64, 78, 133, 134])
    t.like(await t.throwsAsync(ending(code).enable(TARGET)), {code: 'HSVC_TOOL_FAILED'})
})

test('an answer that is none of launchd’s is said to be so', async t => {
  for (const ask of [
    (launchctl: Launchctl) => launchctl.list(),
    (launchctl: Launchctl) => launchctl.print(TARGET),
    (launchctl: Launchctl) => launchctl.disabled('user/501'),
  ])
    t.like(await t.throwsAsync(ask(ending(0, 'nonsense'))), {code: 'HSVC_UNEXPECTED_OUTPUT'})
})

test('a launchd that does not answer is unavailable', async t => {
  const tools: ToolRunner = {
    run: () => Promise.reject(serviceError('HSVC_TIMEOUT', 'it hangs')),
    lines: () => {
      throw new Error('nothing is followed')
    },
  }
  const launchctl = new Launchctl(suiteContext('/nowhere', {tools}), '/bin/launchctl')
  t.like(await t.throwsAsync(launchctl.list()), {code: 'HSVC_BACKEND_UNAVAILABLE'})
})
