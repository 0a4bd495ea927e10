import assert from 'node:assert/strict'
import {rejection} from '../bench.js'
import type {Requirement} from '../requirement.js'

const REFUSED = [
  '',
  ' ',
  'Coder',
  ' coder',
  'coder ',
  'coder\n',
  'co der',
  'co.der',
  '.',
  '..',
  '../coder',
  'a/b',
  'a\\b',
  '-coder',
  '_coder',
  'coder\0',
  'cödér',
  'coder\u{1F916}',
  '%i',
  '$HOME',
  'a'.repeat(252),
]

/** What a profile may be called, and that a name is nobody else's. */
export const naming: Requirement[] = [
  {
    title:
      'A profile name other than `^[a-z0-9][a-z0-9_-]*$`, or longer than 251 characters, MUST be refused with HSVC_INVALID_PROFILE by every verb, with nothing written.',
    async run(bench) {
      const {manager} = bench
      const sample = await bench.sample()
      const before = bench.written()
      for (const name of REFUSED) {
        const shown = JSON.stringify(name.slice(0, 20))
        const code = (attempt: Promise<unknown>): Promise<unknown> =>
          attempt.then(
            () => 'resolved',
            (error: unknown) => (error as {code?: string}).code,
          )
        const codes = await Promise.all([
          code(manager.start(name, bench.patience)),
          code(manager.stop(name, bench.patience)),
          code(manager.restart(name, bench.patience)),
          code(manager.status([name])),
          code(manager.isRunning(name)),
          code(manager.uninstall(name, bench.patience)),
          code(manager.install(bench.request(name, sample), {start: false, ...bench.patience})),
        ])
        assert.deepEqual([...new Set(codes)], ['HSVC_INVALID_PROFILE'], `for ${shown}`)
        assert.deepEqual(bench.written(), before, `after ${shown}`)
      }
      assert.deepEqual(sample.starts(), [])
    },
  },
  {
    title: 'Two profiles whose names differ MUST never share a gateway.',
    async run(bench) {
      const base = bench.name()
      bench.resources.track(`${base}-n`)
      bench.resources.track(`${base}_n`)
      const one = await bench.install({profile: `${base}-n`})
      const other = await bench.install({profile: `${base}_n`})
      await bench.runs(one.sample)
      await bench.runs(other.sample)
      await bench.manager.uninstall(one.profile, bench.patience)
      await rejection('HSVC_NOT_FOUND', bench.manager.status([one.profile]))
      await bench.runs(other.sample)
      assert.equal((await bench.one(other.profile)).state, 'running')
    },
  },
]
