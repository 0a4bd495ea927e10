import assert from 'node:assert/strict'
import {hashSpec} from '@hermes-svc/core'
import {rejection} from '../bench.js'
import {needsHook, type Requirement} from '../requirement.js'
import {killInstallOf} from '../kill-install.js'

/** Far more changes than any install makes. */
const MOST_STEPS = 200
/** No fatal and no clean code anywhere. */
const CRASH = 9

/** All or nothing, also for a verb that fails and for a process that is killed. */
export const atomicity: Requirement[] = [
  {
    title:
      'A definition MUST become visible whole or not at all, also when whoever makes it is killed at any instruction.',
    exempt: needsHook('killInstall', 'module'),
    async run(bench) {
      const kill = killInstallOf(bench.options)
      for (let step = 0; step < MOST_STEPS; step += 1) {
        const profile = bench.name()
        const sample = await bench.sample()
        const {spec} = await bench.manager.preview(bench.request(profile, sample, {env: {WHOLE: 'yes'}}))
        const killed = await kill({manager: bench.raw, spec, root: bench.context.paths.root, step})
        const row = await bench.rawOne(profile)
        if (row) {
          assert.equal(row.specHash, hashSpec(spec), `killed at step ${String(step)}`)
          await bench.raw.start(profile)
          await bench.runs(sample)
          assert.equal(sample.starts()[0]?.env['WHOLE'], 'yes', `killed at step ${String(step)}`)
        }
        if (!killed) return
      }
      assert.fail(`expected an install to be over after ${String(MOST_STEPS)} steps`)
    },
  },
  {
    title: 'The next run MUST repair what a killed one left.',
    exempt: needsHook('killInstall', 'module'),
    async run(bench) {
      const kill = killInstallOf(bench.options)
      for (let step = 0; step < MOST_STEPS; step += 1) {
        const profile = bench.name()
        const sample = await bench.sample()
        const request = bench.request(profile, sample)
        const {spec} = await bench.manager.preview(request)
        const killed = await kill({manager: bench.raw, spec, root: bench.context.paths.root, step})
        const status = await bench.manager.install(request, bench.patience)
        assert.equal(status.state, 'running', `killed at step ${String(step)}`)
        await bench.runs(sample)
        await bench.manager.uninstall(profile, bench.patience)
        if (!killed) return
      }
      assert.fail(`expected an install to be over after ${String(MOST_STEPS)} steps`)
    },
  },
  {
    title: 'A first `install` that is rejected MUST leave no process, no definition and no record.',
    async run(bench) {
      const profile = bench.name()
      const sample = await bench.sample({exitAtOnce: CRASH})
      const request = bench.request(profile, sample, bench.doomed)
      await rejection('HSVC_START_FAILED', bench.manager.install(request, bench.patience))
      assert.equal(await bench.rawOne(profile), undefined)
      assert.equal(bench.records.read(profile), null)
      await bench.eventually('no process', () => sample.alivePids().length === 0)
    },
  },
  {
    title:
      'An `install` over another definition that is rejected MUST put the earlier one back, and run it when it ran.',
    async run(bench) {
      const {profile, sample, request} = await bench.install()
      const dying = await bench.sample({exitAtOnce: CRASH})
      await rejection(
        'HSVC_START_FAILED',
        bench.manager.install({...request, ...bench.doomed, argv: dying.argv}, bench.patience),
      )
      assert.deepEqual(bench.records.read(profile)?.spec.argv, bench.records.read(profile)?.request.argv)
      assert.deepEqual(bench.records.read(profile)?.request.argv, sample.argv)
      await bench.eventually('the earlier one runs', async () => {
        return sample.alivePids().length === 1 && (await bench.one(profile)).state === 'running'
      })
      assert.equal((await bench.one(profile)).wanted, 'up')
    },
  },
  {
    title: 'A `start` that is rejected MUST leave `wanted` as it was.',
    async run(bench) {
      const {profile, sample} = await bench.install({
        behaviour: {exitAtOnce: CRASH},
        request: bench.doomed,
        start: false,
      })
      await rejection('HSVC_START_FAILED', bench.manager.start(profile, bench.patience))
      assert.equal((await bench.one(profile)).wanted, 'down')
      assert.equal(bench.records.read(profile)?.wanted, 'down')
      const starts = sample.starts().length
      await bench.stays('no further start', () => sample.starts().length <= starts)
    },
  },
]
