import assert from 'node:assert/strict'
import {setTimeout as sleep} from 'node:timers/promises'
import {type Backend, type ToolRunner, type VerbOptions, type Wanted, withLock} from '@hermes-svc/core'
import {type Bench, type Installed, rejection} from '../bench.js'
import {needsHook, type Requirement} from '../requirement.js'

const CHANGING = ['start', 'stop', 'restart', 'install', 'uninstall']

type Verb = (...args: unknown[]) => Promise<unknown>

/** The backend with a count of how many of its changing verbs run at once. */
function counted(backend: Backend): {backend: Backend; most: () => number} {
  let now = 0
  let most = 0
  const counting =
    (verb: Verb): Verb =>
    async (...args) => {
      now += 1
      most = Math.max(most, now)
      try {
        // Time passes in the middle of it, so that an overlap has a chance to be seen.
        await sleep(5)
        return await verb(...args)
      } finally {
        now -= 1
      }
    }
  const create: Backend['create'] = context =>
    new Proxy(backend.create(context), {
      get(manager, key) {
        const value = Reflect.get(manager, key) as unknown
        if (typeof value !== 'function') return value
        const verb = value.bind(manager) as Verb
        return CHANGING.includes(String(key)) ? counting(verb) : verb
      },
    })
  return {backend: {...backend, create}, most: () => most}
}

/** A tool runner whose tools never end by themselves, and how many of them still run. */
function hangingTools(): {tools: ToolRunner; asked: () => number; running: () => number} {
  let asked = 0
  let running = 0
  const tools: ToolRunner = {
    async run(_file, _args, options = {}) {
      asked += 1
      running += 1
      const timed = options.timeoutMs === undefined ? [] : [AbortSignal.timeout(options.timeoutMs)]
      const signal = AbortSignal.any([...(options.signal ? [options.signal] : []), ...timed])
      await new Promise<void>(resolve => {
        signal.addEventListener('abort', () => resolve(), {once: true})
        if (signal.aborted) resolve()
      })
      running -= 1
      throw Object.assign(new Error('killed'), {name: 'AbortError'})
    },
    lines: () => assert.fail('no test follows a tool that hangs'),
  }
  return {tools, asked: () => asked, running: () => running}
}

/** A verb that would wait for longer than any test here does. */
interface SlowVerb extends Pick<Installed, 'profile' | 'sample'> {
  readonly wanted: Wanted
  readonly run: (options: VerbOptions) => Promise<unknown>
}

/** A stop of a gateway that ignores TERM. Windows has no TERM: there, a restart of one that takes its time to settle. */
async function slowVerb(bench: Bench, forMs = bench.timing.shortVerbMs * 40): Promise<SlowVerb> {
  if (process.platform === 'win32') {
    const {profile, sample} = await bench.install({start: false, request: {settleMs: forMs}})
    await bench.raw.start(profile)
    await bench.runs(sample)
    return {profile, sample, wanted: 'up', run: options => bench.manager.restart(profile, options)}
  }
  const {profile, sample} = await bench.install({behaviour: {ignoresTerm: true}, request: {stopTimeoutMs: forMs}})
  return {profile, sample, wanted: 'down', run: options => bench.manager.stop(profile, options)}
}

function assertSoon(bench: Bench, startedAt: number): void {
  const tookMs = performance.now() - startedAt
  assert.ok(tookMs < bench.timing.shortVerbMs * 30, `expected it to give up soon, got ${tookMs.toFixed()} ms`)
}

/** Several callers at once, and callers that do not wait for ever. */
export const concurrency: Requirement[] = [
  {
    title: 'Two changes of the same gateway at the same time MUST be made one after the other.',
    async run(bench) {
      const {profile, request} = await bench.install()
      const {backend, most} = counted(bench.options.backend)
      const [one, other] = [bench.host({backend}), bench.host({backend})]
      // The last of them waits for all the others.
      const patience = {timeoutMs: bench.timing.deadlineMs * 4}
      const outcomes = await Promise.allSettled([
        one.install({...request, env: {STAGE: 'second'}}, patience),
        other.stop(profile, patience),
        one.start(profile, patience),
        other.install({...request, env: {STAGE: 'third'}}, patience),
      ])
      const reasons = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [String(outcome.reason)] : []))
      assert.deepEqual(reasons, [])
      assert.equal(most(), 1)
    },
  },
  {
    title: 'A verb that cannot have its turn in time MUST reject with HSVC_BUSY, with nothing changed.',
    async run(bench) {
      const {profile, sample} = await bench.install()
      const {clock} = bench.context
      const held = bench.options.host?.lock ?? withLock
      await held(bench.lockDirectory, profile, {timeoutMs: bench.timing.deadlineMs, clock}, async () => {
        await rejection('HSVC_BUSY', bench.manager.stop(profile, {timeoutMs: bench.timing.shortVerbMs}))
      })
      await bench.runs(sample, 1)
      assert.equal((await bench.one(profile)).wanted, 'up')
    },
  },
  {
    title: 'A verb MUST reject with HSVC_TIMEOUT, and with the state it saw, soon after its time is up.',
    async run(bench) {
      const {sample, run} = await slowVerb(bench)
      const startedAt = performance.now()
      const error = await rejection('HSVC_TIMEOUT', run({timeoutMs: bench.timing.shortVerbMs}))
      assertSoon(bench, startedAt)
      assert.match(String(error['state']), /^(starting|running|stopping)$/)
      // Whatever is started after it may go when it is asked to.
      sample.behave({})
      await sample.crash('SIGKILL')
    },
  },
  {
    title: 'A verb MUST reject with HSVC_ABORTED soon after its signal aborts.',
    async run(bench) {
      const {sample, run} = await slowVerb(bench)
      const startedAt = performance.now()
      const signal = AbortSignal.timeout(bench.timing.shortVerbMs)
      await rejection('HSVC_ABORTED', run({signal, ...bench.patience}))
      assertSoon(bench, startedAt)
      sample.behave({})
      await sample.crash('SIGKILL')
    },
  },
  {
    title: 'A verb that ran out of time MUST leave `wanted` as it was asked for.',
    async run(bench) {
      const {profile, sample, wanted, run} = await slowVerb(bench, bench.timing.shortVerbMs * 4)
      await rejection('HSVC_TIMEOUT', run({timeoutMs: bench.timing.shortVerbMs}))
      assert.equal((await bench.one(profile)).wanted, wanted)
      assert.equal(bench.records.read(profile)?.wanted, wanted)
      if (wanted === 'up') {
        await bench.runs(sample)
        return
      }
      await bench.eventually('it goes when its stop timeout is over', () => sample.alivePids().length === 0)
      await bench.eventually('it is stopped', async () => (await bench.one(profile)).state === 'stopped')
    },
  },
  {
    title: 'A verb that gives up MUST kill the tool that it was waiting for.',
    exempt: needsHook('runsTools'),
    async run(bench) {
      const {profile} = await bench.install({start: false})
      const {tools, asked, running} = hangingTools()
      const manager = bench.host({context: {tools}})
      const {shortVerbMs} = bench.timing
      await rejection('HSVC_TIMEOUT', manager.start(profile, {timeoutMs: shortVerbMs}))
      assert.ok(asked() > 0, 'expected start to run a tool: runsTools says so')
      await bench.eventually('no tool runs', () => running() === 0)
    },
  },
]
