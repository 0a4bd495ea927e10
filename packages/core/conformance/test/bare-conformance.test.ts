import test from 'ava'
import {conformance, createMemoryBackend} from '@hermes-svc/core/conformance'
import {BARE_CAPABILITIES} from './mutants.js'

const {entries} = conformance({
  ...createMemoryBackend({}, BARE_CAPABILITIES),
  test(title, run) {
    test(title, async t => {
      await t.notThrowsAsync(run)
    })
  },
})

test('a sentence that does not bind a backend is reported with its reason', t => {
  const exempt = entries.filter(entry => entry.exempt !== null)
  t.true(exempt.length > 0)
  t.deepEqual(
    exempt.filter(entry => !/^(capabilities\.|its capabilities|no .* was given)/.test(entry.exempt ?? '')),
    [],
  )
})
