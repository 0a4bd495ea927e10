import fc from 'fast-check'
import test from 'ava'
import {createMemoryBackend} from '@hermes-svc/core/conformance'
import {Bench} from '../dist/bench.js'
import {REAL_TIMING} from '../dist/conformance-options.js'
import {hostileValues, UNDELIVERABLE} from '../dist/hostile-values.js'
import {Resources} from '../dist/resources.js'
import type {Samples} from '../dist/samples.js'

const RUNS = 60

async function withBench(run: (bench: Bench) => Promise<void>): Promise<void> {
  const subject = createMemoryBackend()
  const timing = {...REAL_TIMING, ...subject.timing}
  const resources = new Resources('hostile-values', subject.samples as Samples)
  const bench = new Bench({...subject, test: () => undefined}, timing, resources)
  try {
    await run(bench)
  } finally {
    await resources.release(bench.manager, bench.raw, timing.deadlineMs)
  }
}

/** Any sequence of UTF-16 code units: also those that are no text. */
const anyString = fc.string({unit: fc.integer({min: 0, max: 0xffff}).map(unit => String.fromCharCode(unit))})
const anyText = fc.oneof(anyString, fc.string({unit: 'binary'}), fc.constantFrom(...UNDELIVERABLE))

function isDeliverable(text: string): boolean {
  return Buffer.from(text).toString() === text && !/[\0\uFFFD]/.test(text)
}

test('any argv element and environment value arrives as it is, or is refused with nothing written', async t => {
  await withBench(async bench => {
    await fc.assert(
      fc.asyncProperty(anyText, anyText, async (word, value) => {
        const sample = await bench.sample()
        const profile = bench.name()
        const request = bench.request(profile, sample, {argv: [...sample.argv, word], env: {HOSTILE: value}})
        const deliverable = [word, value].every(
          text => Buffer.from(text).toString() === text && !/[\0\uFFFD]/.test(text),
        )
        const before = bench.written()
        if (deliverable) {
          await bench.manager.install(request, bench.patience)
          const [start] = sample.starts()
          t.deepEqual([start?.argv.at(-1), start?.env['HOSTILE']], [word, value])
          await bench.manager.uninstall(profile, bench.patience)
        } else {
          await t.throwsAsync(bench.manager.install(request, bench.patience), {code: 'HSVC_INVALID_SPEC'})
          t.deepEqual(bench.written(), before)
          t.is(await bench.rawOne(profile), undefined)
        }
      }),
      {numRuns: RUNS},
    )
  })
})

test('the texts of the suite are ones that a process can be given, and change from run to run', t => {
  const fractions = fc.array(fc.double({min: 0, max: 1, maxExcluded: true, noNaN: true}), {minLength: 1})
  fc.assert(
    fc.property(fractions, numbers => {
      let drawn = 0
      const texts = hostileValues(() => numbers[drawn++ % numbers.length] ?? 0).flat()
      t.deepEqual(
        texts.filter(text => !isDeliverable(text)),
        [],
      )
    }),
    {numRuns: 50},
  )
  t.notDeepEqual(hostileValues(), hostileValues())
})
