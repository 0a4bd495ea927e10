import assert from 'node:assert/strict'
import {rmSync} from 'node:fs'
import type {ServiceManager} from '@hermes-svc/core'
import {Bench} from './bench.js'
import {type ConformanceOptions, REAL_TIMING} from './conformance-options.js'
import {createRealSamples} from './real-samples.js'
import type {Group, Setting} from './requirement.js'
import {REQUIREMENTS} from './requirements.js'
import {isLeftOver, leftOverRoots, Resources} from './resources.js'
import {suiteContext} from './suite-context.js'

/** Title of the last test, which is about the suite and not about the contract. */
export const CLEAN_UP_TITLE = 'Nothing is left behind, by this run or by an earlier one.'

const DEFAULT_PREFIX = 'conformance'

/** A sentence that was given to the runner, or why it was not. */
export interface ConformanceEntry {
  readonly group: Group
  readonly title: string
  /** Why it does not apply; null when it is tested. */
  readonly exempt: string | null
}

/** Every sentence of the contract, in its order. */
export interface ConformanceReport {
  readonly entries: readonly ConformanceEntry[]
}

async function removeEarlier(options: ConformanceOptions, prefix: string, manager: ServiceManager): Promise<void> {
  for (const {profile, origin} of await manager.status()) {
    if (origin !== 'foreign' && isLeftOver(prefix, profile)) await manager.uninstall(profile)
  }
  for (const root of leftOverRoots(prefix)) {
    const context = suiteContext(root, options.context)
    const earlier = options.backend.create(context)
    for (const {profile} of await earlier.status()) {
      if (isLeftOver(prefix, profile)) await earlier.uninstall(profile)
    }
    rmSync(root, {recursive: true, force: true})
  }
}

/**
 * Hands the contract to a test runner as one test for each MUST sentence that binds this backend, and says which do
 * not and why. The tests use real gateways with throw-away names under a profile root of their own; they run one after
 * the other, also where the runner starts them together.
 */
export function conformance(options: ConformanceOptions): ConformanceReport {
  const {backend, prefix = DEFAULT_PREFIX} = options
  const timing = {...REAL_TIMING, ...options.timing}
  const samples = options.samples ?? createRealSamples(prefix)
  const setting: Setting = {capabilities: backend.capabilities, options}
  const left: string[] = []
  let turn: Promise<unknown> = Promise.resolve()

  const inTurn = (run: () => Promise<void>) => (): Promise<void> => {
    const mine = turn.then(run)
    turn = mine.catch(() => undefined)
    return mine
  }

  const onBench = (run: (bench: Bench) => Promise<void>) => async (): Promise<void> => {
    const resources = new Resources(prefix, samples)
    const bench = new Bench(options, timing, resources)
    try {
      await run(bench)
    } finally {
      left.push(...(await resources.release(bench.manager, bench.raw, timing.deadlineMs)))
    }
  }

  const entries = REQUIREMENTS.map(({group, title, exempt, run}) => {
    const reason = exempt?.(setting) ?? null
    if (reason === null) options.test(title, inTurn(onBench(run)))
    return {group, title, exempt: reason}
  })
  options.test(
    CLEAN_UP_TITLE,
    inTurn(() =>
      onBench(async bench => {
        assert.deepEqual(left, [])
        await removeEarlier(options, prefix, bench.manager)
      })(),
    ),
  )
  return {entries}
}
