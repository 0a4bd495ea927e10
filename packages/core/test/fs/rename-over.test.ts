import test from 'ava'
import {renameOver} from '../../dist/fs/rename-over.js'

/** Fails so often with a code, and then works; counts. */
function renaming(platform: NodeJS.Platform, code: string, failures: number) {
  const counts = {renames: 0, pausedMs: 0}
  return {
    counts,
    platform,
    rename() {
      counts.renames += 1
      if (counts.renames <= failures) throw Object.assign(new Error('refused'), {code})
    },
    pause(ms: number) {
      counts.pausedMs += ms
    },
  }
}

test('on Windows a file that somebody has open is waited for', t => {
  for (const code of ['EACCES', 'EBUSY', 'EPERM']) {
    const machine = renaming('win32', code, 7)
    renameOver('a', 'b', machine)
    t.deepEqual(machine.counts, {renames: 8, pausedMs: 70})
  }
})

test('it is not waited for longer than two seconds', t => {
  const machine = renaming('win32', 'EPERM', Infinity)
  t.throws(
    () => {
      renameOver('a', 'b', machine)
    },
    {message: 'refused'},
  )
  t.is(machine.counts.pausedMs, 2000)
})

test('any other error is told at once, and every one elsewhere', t => {
  for (const [platform, code] of [
    ['win32', 'ENOENT'],
    ['linux', 'EPERM'],
  ] as const) {
    const machine = renaming(platform, code, 1)
    t.throws(
      () => {
        renameOver('a', 'b', machine)
      },
      {code},
    )
    t.is(machine.counts.pausedMs, 0)
  }
})
