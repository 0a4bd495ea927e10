import test from 'ava'
import fc from 'fast-check'
import {parseDuration, parseSize} from '@hermes-svc/core'

const UNITS_MS = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000}
const UNITS_BYTES = {B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3}
const LONGEST_MS = 2 ** 31 - 1

test('a duration is a number with its unit, up to what a timer can wait', t => {
  const units = fc.constantFrom(...(Object.keys(UNITS_MS) as (keyof typeof UNITS_MS)[]))
  fc.assert(
    fc.property(fc.nat(10_000), fc.nat(99), units, fc.constantFrom('', ' '), (whole, hundredths, unit, space) => {
      const number = `${String(whole)}.${String(hundredths).padStart(2, '0')}`
      const ms = Math.round((whole + hundredths / 100) * UNITS_MS[unit])
      const parsed = parseDuration(`${number}${space}${unit}`)
      if (ms > LONGEST_MS) t.is(parsed, undefined)
      else t.true(parsed !== undefined && Math.abs(parsed - ms) <= 1)
    }),
  )
})

test('a duration is never read as anything but a whole number of milliseconds that a timer can wait', t => {
  fc.assert(
    fc.property(fc.anything(), value => {
      const parsed = parseDuration(value)
      t.true(parsed === undefined || (Number.isInteger(parsed) && parsed >= 0 && parsed <= LONGEST_MS))
    }),
  )
})

for (const bad of ['5', 5, -0.5, '5 seconds', '5S', '-5s', '1e3s', '0x5s', '5s5s', 's', '', null, '٥s', '25d']) {
  test(`${JSON.stringify(bad)} is no duration`, t => {
    t.is(parseDuration(bad), undefined)
  })
}

test('0 needs no unit', t => {
  t.is(parseDuration('0'), 0)
  t.is(parseDuration(0), 0)
})

test('a size is a whole number of bytes, or a number with its unit', t => {
  const units = fc.constantFrom(...(Object.keys(UNITS_BYTES) as (keyof typeof UNITS_BYTES)[]))
  fc.assert(
    fc.property(fc.integer({min: 1, max: 1_000_000}), units, fc.boolean(), (number, unit, lower) => {
      const text = `${String(number)}${lower ? unit.toLowerCase() : unit}`
      t.is(parseSize(text), number * UNITS_BYTES[unit])
      t.is(parseSize(number), number)
      t.is(parseSize(String(number)), number)
    }),
  )
  t.is(parseSize('1.5 MB'), 1_500_000)
})

test('a size is never read as anything but a whole number of bytes above 0', t => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.stringMatching(/^\d{1,20}\.?\d{0,3} ?[KMG]?i?B?$/)), value => {
      const parsed = parseSize(value)
      t.true(parsed === undefined || (Number.isSafeInteger(parsed) && parsed > 0))
    }),
  )
})

for (const bad of [0, -1, 1.5, '0', '0KB', '-1MB', '1.5', '1TB', 'MB', '', null, [], '1 M', '1e6', '99999999GB']) {
  test(`${JSON.stringify(bad)} is no size`, t => {
    t.is(parseSize(bad), undefined)
  })
}
