import anyTest, {type ExecutionContext} from 'ava'
import {whyNotPrograms} from '../../testing/dist/program-run.js'
import {LoopbackRegistry} from './registry.js'

/** What a test of a registry is given. */
export interface RegistryTest {
  readonly t: ExecutionContext
  readonly registry: LoopbackRegistry
}

/** Declares a test. */
export type DeclareTest = (title: string, implementation: (given: RegistryTest) => Promise<void>) => void

const STARTING_MS = 600_000

function whyNot(): string {
  if (process.getuid?.() !== 0) return 'needs root to make a network of its own'
  return whyNotPrograms('unshare', 'nsenter', 'setpriv', 'flock', 'ip', 'npm')
}

/**
 * Gives the tests of a file one registry, one after the other; `prepare` fills it. Where there can be none they are skipped, and say why.
 */
export function withRegistry(prepare?: (registry: LoopbackRegistry) => Promise<void>): DeclareTest {
  const reason = whyNot()
  const test = anyTest
  if (reason !== '') {
    return title => {
      test.skip(`${title} (${reason})`, t => t.pass())
    }
  }
  let registry: LoopbackRegistry | undefined
  test.before('the registry', async t => {
    t.timeout(STARTING_MS)
    registry = await LoopbackRegistry.start()
    await prepare?.(registry)
  })
  test.after.always('the registry ends', async () => {
    await registry?.stop()
  })
  return (title, implementation) => {
    test.serial(title, async t => {
      if (registry === undefined) throw new Error('expected a registry')
      await implementation({t, registry})
    })
  }
}
