import type {RestartPolicy} from '@hermes-svc/core'
import test from 'ava'
import fc from 'fast-check'
import {delayAfter, judgeDeath} from '../dist/index.js'

const policy: RestartPolicy = {
  delayMs: 5000,
  maxDelayMs: 300_000,
  windowMs: 120_000,
  giveUpAfter: null,
  fatalExitCodes: [78],
  cleanExitCodes: [0],
}

const policies = fc.record<RestartPolicy>({
  delayMs: fc.nat(100_000),
  maxDelayMs: fc.nat(1_000_000),
  windowMs: fc.nat(1_000_000),
  giveUpAfter: fc.option(fc.integer({min: 1, max: 20})),
  fatalExitCodes: fc.array(fc.nat(255)),
  cleanExitCodes: fc.array(fc.nat(255)),
})

const deaths = fc.record({code: fc.option(fc.nat(255)), upMs: fc.nat(2_000_000), failures: fc.nat(40)})

test('the delay doubles with each death up to maxDelay', t => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map(failures => delayAfter(failures, policy))
  t.deepEqual(delays, [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000])
})

test('a gateway that was up for the window starts again at the first delay', t => {
  const verdict = judgeDeath({code: 1, upMs: 120_000, failures: 9}, policy)
  t.deepEqual(verdict, {action: 'restart', delayMs: 5000, failures: 1})
})

test('a death by signal or with any other code is followed by a restart', t => {
  t.like(judgeDeath({code: null, upMs: 10, failures: 0}, policy), {action: 'restart', delayMs: 5000})
  t.like(judgeDeath({code: 1, upMs: 10, failures: 1}, policy), {action: 'restart', delayMs: 10_000})
})

test('a fatal exit code parks it, a clean one counts as ended on purpose', t => {
  t.like(judgeDeath({code: 78, upMs: 10, failures: 0}, policy), {action: 'end', state: 'failed'})
  t.like(judgeDeath({code: 0, upMs: 10, failures: 4}, policy), {action: 'end', state: 'stopped', failures: 0})
})

test('it is given up after exactly as many failed starts in a row as asked', t => {
  const strict = {...policy, giveUpAfter: 3}
  t.is(judgeDeath({code: 1, upMs: 10, failures: 1}, strict).action, 'restart')
  t.like(judgeDeath({code: 1, upMs: 10, failures: 2}, strict), {action: 'end', state: 'failed', failures: 3})
  t.is(judgeDeath({code: 1, upMs: 120_000, failures: 2}, strict).action, 'restart')
})

test('exit 75 always restarts, whatever the policy says', t => {
  fc.assert(
    fc.property(policies, deaths, (any, death) => {
      const verdict = judgeDeath({...death, code: 75}, {...any, fatalExitCodes: [75], cleanExitCodes: [75]})
      t.is(verdict.action, 'restart')
    }),
  )
})

test('no delay is above maxDelay, and a longer row of failures never has a shorter one', t => {
  fc.assert(
    fc.property(policies, deaths, (any, death) => {
      const verdict = judgeDeath(death, any)
      if (verdict.action === 'restart') t.true(verdict.delayMs <= any.maxDelayMs && verdict.delayMs >= 0)
      t.true(delayAfter(death.failures + 1, any) >= delayAfter(death.failures, any))
    }),
  )
})
