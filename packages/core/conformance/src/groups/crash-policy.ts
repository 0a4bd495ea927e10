import assert from 'node:assert/strict'
import type {Bench, Installed} from '../bench.js'
import {needs, type Requirement} from '../requirement.js'

const CRASHES = 4

async function crashAndComeBack(
  bench: Bench,
  {profile, sample}: Installed,
  how: number | NodeJS.Signals,
): Promise<void> {
  const before = sample.starts().length
  await sample.crash(how)
  await bench.eventually(`${profile} is started again after ${String(how)}`, async () => {
    return sample.starts().length > before && (await bench.one(profile)).state === 'running'
  })
}

/** What happens to a gateway that dies by itself. */
export const crashPolicy: Requirement[] = [
  {
    title: 'A gateway that dies MUST be started again, however often, unless it was asked to give up.',
    async run(bench) {
      const gateway = await bench.install()
      for (let crash = 1; crash <= CRASHES; crash += 1)
        await crashAndComeBack(bench, gateway, crash % 2 ? 'SIGKILL' : 1)
      await bench.runs(gateway.sample)
    },
  },
  {
    title: 'A gateway that ends with exit code 75 MUST be started again.',
    async run(bench) {
      await crashAndComeBack(bench, await bench.install(), 75)
    },
  },
  {
    title: 'A fatal exit code MUST park the gateway as `failed` until `start` or `restart`.',
    exempt: needs('fatalExitCodes'),
    async run(bench) {
      const {profile, sample} = await bench.install()
      await sample.crash(78)
      await bench.eventually('it is shown as failed', async () => (await bench.one(profile)).state === 'failed')
      await bench.stays('no process', () => sample.alivePids().length === 0)
      assert.equal(sample.starts().length, 1)
    },
  },
  {
    title: 'A gateway that failed as often in a row as it was given MUST be `failed`.',
    exempt: needs('giveUp'),
    async run(bench) {
      const restart = {...bench.restartPolicy, giveUpAfter: 3}
      const request = {restart, userSet: ['restart.giveUpAfter']}
      const {profile, sample} = await bench.install({start: false, request})
      sample.behave({exitAtOnce: 1})
      await bench.manager.start(profile, {wait: false, ...bench.patience})
      await bench.eventually('it is given up', async () => (await bench.one(profile)).state === 'failed')
      await bench.stays('no further start', () => sample.starts().length === 3)
    },
  },
]
