import test from 'ava'
import {sortArchives} from '../../dist/logs/sort-archives.js'

const noTime = (name: string) => {
  throw new Error(`expected no look at the time of ${name}`)
}

// When s6-log gave a file this name.
const TIMED_MS = Date.parse('2026-11-22T23:00:55Z')
const timed = (second: number, suffix = 's') =>
  `@${(0x400000006b03744cn + BigInt(second)).toString(16)}2e1d47fb.${suffix}`

test('files that are no archives are left out', t => {
  const others = ['current', 'lock', 'state', 'previous', 'processed', 'newstate', '.x', 'archive.1', 'archive.gz']
  const alike = [timed(0, 'x'), timed(0).slice(0, -2), `${timed(0)}.gz`, timed(0).toUpperCase(), timed(0).slice(1)]
  t.deepEqual(sortArchives([...others, ...alike], noTime), [])
})

test('archives of one kind are in the order of their names', t => {
  t.deepEqual(sortArchives([timed(2), timed(10), timed(1, 'u')], noTime), [timed(1, 'u'), timed(2), timed(10)])
  t.deepEqual(sortArchives(['archive.0000000010', 'archive.0000000009'], noTime), [
    'archive.0000000009',
    'archive.0000000010',
  ])
})

test('archives of two kinds are in the order of their times', t => {
  const modified = new Map([
    ['archive.0000000001', TIMED_MS - 1000],
    ['archive.0000000002', TIMED_MS + 4000],
    ['archive.0000000003', TIMED_MS + 4001],
    ['archive.0000000004', TIMED_MS + 90_000],
  ])
  const names = [...modified.keys(), timed(0), timed(1), timed(60)]
  t.deepEqual(
    sortArchives(names, name => modified.get(name) ?? noTime(name)),
    [
      'archive.0000000001',
      timed(0),
      timed(1),
      'archive.0000000002',
      'archive.0000000003',
      timed(60),
      'archive.0000000004',
    ],
  )
})
