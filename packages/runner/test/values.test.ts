import {existsSync, readFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import {launchRunner} from '../dist/index.js'
import {eventually, RunnerFixture, writeScript} from './runner-fixture.js'

const nasty = fc.constantFrom(
  '"', "'", '$', '`', '\\', '\n', '\r', '\t', '%PATH%', '$(id)', '\u007f', '\u00a0', '\ufeff', '\u2028', '😀', '*', '~', '=', '-', ' ',
) // prettier-ignore
const text = fc.oneof(
  fc.array(fc.oneof(nasty, fc.string({unit: 'binary', maxLength: 3})), {maxLength: 12}).map(parts => parts.join('')),
  fc.constant('x'.repeat(5000)),
)
// What the contract refuses before a backend sees it: NUL, lone surrogates and U+FFFD.
const value = text.filter(each => !each.includes('\0') && !/\p{Surrogate}/u.test(each) && !each.includes('\ufffd'))

test('every argument and environment value reaches the gateway byte for byte, and nothing else does', async t => {
  const fixture = new RunnerFixture(t)
  const seen = join(fixture.root, 'seen')
  const show = writeScript(
    fixture.root,
    'show',
    `#!/bin/sh\ncat /proc/$$/cmdline >'${seen}.argv'; cat /proc/$$/environ >'${seen}.env'; mv '${seen}.argv' '${seen}'; exit 0\n`,
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(value, {maxLength: 6}),
      fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,12}$/), value, {maxKeys: 6}),
      async (args, values) => {
        const env = {...values, PATH: '/bin:/usr/bin'}
        fixture.define([show, ...args], {}, env)
        await launchRunner(fixture.directory)
        await eventually('the gateway has written', () => existsSync(seen))
        t.is(readFileSync(seen, 'utf8'), ['/bin/sh', show, ...args].map(each => `${each}\0`).join(''))
        const given = readFileSync(`${seen}.env`, 'utf8').split('\0').slice(0, -1)
        const {invocation} = await fixture.reaches('stopped', each => each.state === 'stopped' && !each.supervised)
        const expected = {...env, HERMES_SVC_INVOCATION: invocation ?? ''}
        t.deepEqual(
          given.sort(),
          Object.entries(expected)
            .map(([key, each]) => `${key}=${each}`)
            .sort(),
        )
        rmSync(seen)
      },
    ),
    {numRuns: 25},
  )
})
