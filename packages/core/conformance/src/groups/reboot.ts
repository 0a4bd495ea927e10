import assert from 'node:assert/strict'
import type {Bench} from '../bench.js'
import {allOf, needs, needsHook, type Requirement} from '../requirement.js'

async function reboot(bench: Bench): Promise<void> {
  await bench.options.reboot?.(bench.context.paths.root)
}

/** What is left of a gateway when everything was gone for a moment. */
export const afterReboot: Requirement[] = [
  {
    title: '`stop` MUST last across reboot, login and recreation.',
    exempt: needsHook('reboot'),
    async run(bench) {
      const {profile, sample} = await bench.install()
      await bench.manager.stop(profile, bench.patience)
      const starts = sample.starts().length
      await reboot(bench)
      await bench.stays('no start', () => sample.starts().length === starts)
      const status = await bench.one(profile)
      assert.equal(status.wanted, 'down')
      assert.equal(status.pid, null)
    },
  },
  {
    title:
      'An installed gateway with `autostart` MUST come back after reboot, login and recreation unless it was stopped.',
    exempt: allOf(needs('autostart'), needsHook('reboot')),
    async run(bench) {
      const {profile, sample} = await bench.install({request: {autostart: true}})
      const starts = sample.starts().length
      await reboot(bench)
      await bench.eventually('it is started again', async () => {
        return sample.starts().length > starts && (await bench.one(profile)).state === 'running'
      })
    },
  },
]
