import test from 'ava'
import {conformance, createMemoryBackend} from '@hermes-svc/core/conformance'

conformance({
  ...createMemoryBackend(),
  test(title, run) {
    test(title, async t => {
      await t.notThrowsAsync(run)
    })
  },
})
