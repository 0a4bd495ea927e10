import assert from 'node:assert/strict'
import {tmpdir} from 'node:os'
import type {BackendContext, GatewaySpec, Plan} from '@hermes-svc/core'
import type {Bench} from '../bench.js'
import type {Requirement} from '../requirement.js'

const ELSEWHERE = {TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', PATH: '/nowhere'}

async function aSpec(bench: Bench): Promise<GatewaySpec> {
  const request = bench.request(bench.name(), await bench.sample(), {env: {A: '1', B: '2', LAST: 'I\u0130i\u0131'}})
  return (await bench.manager.preview(request)).spec
}

/** Runs `action` as if somebody else asked from another place. It must be synchronous: the process has one such state. */
function asSomebodyElse<T>(action: () => T): T {
  const cwd = process.cwd()
  const before = Object.keys(ELSEWHERE).map(key => [key, process.env[key]] as const)
  Object.assign(process.env, ELSEWHERE)
  process.chdir(tmpdir())
  try {
    return action()
  } finally {
    process.chdir(cwd)
    for (const [key, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, key)
      else process.env[key] = value
    }
  }
}

function comparable(plan: Plan): unknown {
  return {
    ...plan,
    entries: plan.entries.map(entry => ({
      ...entry,
      contents: entry.contents && Buffer.from(entry.contents).toString('hex'),
    })),
  }
}

/** What install would do, before it does. */
export const planning: Requirement[] = [
  {
    title:
      'Planning the same spec with the same facts MUST give the same bytes, whatever the working directory, PATH, locale, time zone and order of the environment.',
    async run(bench) {
      const spec = await aSpec(bench)
      const facts = await bench.raw.facts()
      const reversed = Object.fromEntries(Object.entries({...bench.context.env, ...ELSEWHERE}).reverse())
      const context: BackendContext = {...bench.context, env: reversed}
      const again: GatewaySpec = {...spec, env: Object.fromEntries(Object.entries(spec.env).reverse())}
      const here = bench.raw.plan(spec, facts)
      const there = asSomebodyElse(() => bench.options.backend.create(context).plan(again, structuredClone(facts)))
      assert.deepEqual(comparable(there), comparable(here))
    },
  },
  {
    title: 'Planning MUST write nothing and start nothing.',
    async run(bench) {
      const profile = bench.name()
      const sample = await bench.sample()
      const before = bench.written()
      const {spec} = await bench.manager.preview(bench.request(profile, sample))
      bench.raw.plan(spec, await bench.raw.facts())
      assert.deepEqual(bench.written(), before)
      assert.equal(await bench.rawOne(profile), undefined)
      assert.deepEqual(sample.starts(), [])
    },
  },
]
