import assert from 'node:assert/strict'
import {rejection} from '../bench.js'
import type {Requirement} from '../requirement.js'

/** A definition that survives: made, made again, changed, removed. */
export const install: Requirement[] = [
  {
    title: '`install` of an equal definition over a running gateway MUST change nothing.',
    async run(bench) {
      const {profile, sample, request} = await bench.install({request: {env: {PADDED: ' padded '}}})
      const before = bench.written()
      const status = await bench.manager.install(request, bench.patience)
      assert.equal(status.state, 'running')
      await bench.runs(sample, 1)
      assert.equal((await bench.one(profile)).wanted, 'up')
      const changed = bench.written().filter(line => !before.includes(line) && !line.startsWith('logs'))
      assert.deepEqual(changed, [])
    },
  },
  {
    title: '`install` of an equal definition over a stopped gateway MUST start it, unless `start` is false.',
    async run(bench) {
      const {profile, sample, request} = await bench.install({start: false})
      await bench.manager.install(request, {start: false, ...bench.patience})
      assert.equal((await bench.one(profile)).pid, null)
      assert.deepEqual(sample.starts(), [])
      const status = await bench.manager.install(request, bench.patience)
      assert.equal(status.state, 'running')
      await bench.runs(sample)
    },
  },
  {
    title:
      '`install` of a different definition MUST replace the earlier one, and restart a running gateway unless `start` is false.',
    async run(bench) {
      const {sample, request} = await bench.install({request: {env: {STAGE: 'first'}}})
      await bench.manager.install({...request, env: {STAGE: 'second'}}, bench.patience)
      await bench.runs(sample, 2)
      assert.equal(sample.starts().at(-1)?.env['STAGE'], 'second')
      await bench.manager.install({...request, env: {STAGE: 'third'}}, {start: false, ...bench.patience})
      await bench.runs(sample, 2)
      await bench.manager.restart(request.profile, bench.patience)
      await bench.runs(sample, 3)
      assert.equal(sample.starts().at(-1)?.env['STAGE'], 'third')
    },
  },
  {
    title: '`install` with `start` false MUST leave a gateway down that is down.',
    async run(bench) {
      const {profile, sample, request} = await bench.install({start: false})
      await bench.manager.install({...request, env: {STAGE: 'second'}}, {start: false, ...bench.patience})
      await bench.stays('no process', () => sample.starts().length === 0)
      assert.equal((await bench.one(profile)).wanted, 'down')
    },
  },
  {
    title: "A backend's own `install` MUST define only: what runs goes on as it was started.",
    async run(bench) {
      const {profile, sample, request} = await bench.install()
      const before = sample.alivePids()
      const {spec} = await bench.manager.preview({...request, env: {STAGE: 'second'}})
      await bench.raw.install(spec, {start: false})
      await bench.stays('the same process', () => String(sample.alivePids()) === String(before))
      assert.equal((await bench.rawOne(profile))?.wanted, 'up')
    },
  },
  {
    title: '`uninstall` MUST resolve only when nothing is left: no process, no definition, no record.',
    async run(bench) {
      const {profile, sample} = await bench.install()
      const removed = await bench.manager.uninstall(profile, bench.patience)
      assert.deepEqual(sample.alivePids(), [])
      assert.notDeepEqual(removed.removed, [])
      assert.equal(bench.records.read(profile), null)
      assert.equal(await bench.rawOne(profile), undefined)
      const rows = await bench.manager.status()
      assert.deepEqual(
        rows.filter(row => row.profile === profile),
        [],
      )
    },
  },
  {
    title: '`uninstall` MUST leave every other gateway alone.',
    async run(bench) {
      const one = await bench.install()
      bench.resources.track(`${one.profile}-two`)
      const two = await bench.install({profile: `${one.profile}-two`})
      await bench.manager.uninstall(one.profile, bench.patience)
      assert.equal((await bench.one(two.profile)).state, 'running')
      await bench.runs(two.sample, 1)
    },
  },
  {
    title: '`uninstall` of an unknown gateway MUST resolve, with nothing removed.',
    async run(bench) {
      const name = bench.name()
      assert.deepEqual((await bench.manager.uninstall(name, bench.patience)).removed, [])
      assert.deepEqual((await bench.raw.uninstall(name)).removed, [])
      await rejection('HSVC_NOT_FOUND', bench.manager.status([name]))
    },
  },
]
