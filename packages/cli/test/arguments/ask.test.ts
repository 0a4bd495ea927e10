import {PassThrough} from 'node:stream'
import test from 'ava'
import {ask, type AskOptions} from '../../dist/arguments/ask.js'

/** The answer to a question after which that was typed, and what was shown. */
async function answerTo(typed: string | null, options: Partial<AskOptions> = {}): Promise<[boolean, string]> {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const answer = ask('Go on?', {signal: new AbortController().signal, ...options, terminal: {input, output}})
  if (typed === null) input.end()
  else input.write(typed)
  return [await answer, String(output.read())]
}

test('yes is yes, and anything else no, whatever the default', async t => {
  for (const byDefault of [false, true]) {
    for (const typed of ['y\n', 'Y\r\n', ' yes \n', 'YES\n']) t.true((await answerTo(typed, {byDefault}))[0], typed)
    for (const typed of ['n\n', 'no\n', 'ye\n', 'yes please\n', '0\n']) t.false((await answerTo(typed, {byDefault}))[0])
  }
})

test('an empty line, and the end of the input, are the default, which the question shows', async t => {
  for (const typed of ['\n', '\r\n', '  \n', null]) {
    t.deepEqual(await answerTo(typed), [false, 'Go on? [y/N] '])
    t.deepEqual(await answerTo(typed, {byDefault: true}), [true, 'Go on? [Y/n] '])
  }
})

test('a question ends with the signal', async t => {
  const controller = new AbortController()
  const terminal = {input: new PassThrough(), output: new PassThrough()}
  const answer = ask('Go on?', {signal: controller.signal, byDefault: true, terminal})
  setImmediate(() => controller.abort())
  await t.throwsAsync(answer, {name: 'AbortError'})
})
