import assert from 'node:assert/strict'
import {rejection} from '../bench.js'
import {needs, type Requirement} from '../requirement.js'
import {afterReboot} from './reboot.js'
import {crashPolicy} from './crash-policy.js'

/** start, stop and restart: what they promise when they resolve, and that they may be repeated. */
export const lifecycle: Requirement[] = [
  {
    title:
      '`start` MUST resolve only when the same process has lived for the settle time or is ready, and reject with HSVC_START_FAILED and the last exit when it died before.',
    async run(bench) {
      const {profile, sample} = await bench.install({start: false})
      const status = await bench.manager.start(profile, bench.patience)
      assert.equal(status.state, 'running')
      await bench.runs(sample, 1)
      for (const code of [0, 3]) {
        const dying = await bench.install({behaviour: {exitAtOnce: code}, request: bench.doomed, start: false})
        const error = await rejection('HSVC_START_FAILED', bench.manager.start(dying.profile, bench.patience))
        assert.equal((error['lastExit'] as {code: number} | null)?.code, code)
      }
    },
  },
  {
    title: '`stop` MUST resolve only when the process is gone.',
    async run(bench) {
      for (const ignoresTerm of [false, true]) {
        const {profile, sample} = await bench.install({behaviour: {ignoresTerm}})
        const status = await bench.manager.stop(profile, bench.patience)
        assert.deepEqual(sample.alivePids(), [], ignoresTerm ? 'one that ignores TERM' : 'one that goes by itself')
        assert.equal(status.pid, null)
      }
    },
  },
  {
    title:
      '`restart` MUST resolve only when another process has settled, and reject with HSVC_START_FAILED and the last exit when it died before.',
    async run(bench) {
      const {profile, sample} = await bench.install()
      const [before] = sample.alivePids()
      const status = await bench.manager.restart(profile, bench.patience)
      assert.equal(status.state, 'running')
      await bench.runs(sample, 2)
      assert.notDeepEqual(sample.alivePids(), [before])
      for (const code of [3, 0]) {
        const dying = await bench.install({request: bench.doomed, start: false})
        await bench.manager.start(dying.profile, {wait: false, ...bench.patience})
        await bench.runs(dying.sample)
        dying.sample.behave({exitAtOnce: code})
        const error = await rejection('HSVC_START_FAILED', bench.manager.restart(dying.profile, bench.patience))
        assert.equal((error['lastExit'] as {code: number} | null)?.code, code)
      }
    },
  },
  {
    title: '`restart` of a stopped gateway MUST end running.',
    async run(bench) {
      const {profile, sample} = await bench.install()
      await bench.manager.stop(profile, bench.patience)
      const status = await bench.manager.restart(profile, bench.patience)
      assert.equal(status.state, 'running')
      await bench.runs(sample)
    },
  },
  {
    title: '`start` and `restart` of a parked gateway MUST end running.',
    exempt: needs('fatalExitCodes'),
    async run(bench) {
      for (const verb of ['start', 'restart'] as const) {
        const {profile, sample} = await bench.install()
        await sample.crash(78)
        await bench.eventually('it is parked', async () => (await bench.one(profile)).state === 'failed')
        const status = await bench.manager[verb](profile, bench.patience)
        assert.equal(status.state, 'running', verb)
        await bench.runs(sample)
      }
    },
  },
  {
    title: '`start` of a running gateway MUST resolve without restarting it.',
    async run(bench) {
      const {profile, sample} = await bench.install()
      const before = sample.alivePids()
      const status = await bench.manager.start(profile, bench.patience)
      assert.equal(status.state, 'running')
      assert.deepEqual(sample.alivePids(), before)
      await bench.runs(sample, 1)
    },
  },
  {
    title: '`stop` of a stopped gateway MUST resolve.',
    async run(bench) {
      const {profile, sample} = await bench.install()
      await bench.manager.stop(profile, bench.patience)
      const status = await bench.manager.stop(profile, bench.patience)
      assert.equal(status.pid, null)
      assert.deepEqual(sample.alivePids(), [])
    },
  },
  {
    title: '`stop` MUST last until `start`.',
    async run(bench) {
      const running = await bench.install()
      // Long enough that the stop comes while it waits to be started again.
      const delayMs = bench.timing.quietMs * 4
      const restart = {...bench.restartPolicy, delayMs, maxDelayMs: delayMs}
      const crashed = await bench.install({request: {restart, userSet: []}})
      await crashed.sample.crash('SIGKILL')
      await bench.eventually('the crash shows', async () => (await bench.one(crashed.profile)).pid === null)
      for (const {profile} of [crashed, running]) await bench.manager.stop(profile, bench.patience)
      const quiet = (): boolean => [running, crashed].every(({sample}) => sample.alivePids().length === 0)
      await bench.stays('no process', quiet, delayMs + bench.timing.quietMs)
      for (const {profile} of [running, crashed]) assert.equal((await bench.one(profile)).wanted, 'down')
    },
  },
  {
    title:
      '`start`, `stop`, `restart`, `status` and `logs` of a profile without a definition MUST reject with HSVC_NOT_FOUND.',
    async run(bench) {
      const {manager} = bench
      const name = bench.name()
      bench.resources.track(`${name}_other`)
      await bench.install({profile: `${name}_other`})
      await rejection('HSVC_NOT_FOUND', manager.start(name, bench.patience))
      await rejection('HSVC_NOT_FOUND', manager.stop(name, bench.patience))
      await rejection('HSVC_NOT_FOUND', manager.restart(name, bench.patience))
      await rejection('HSVC_NOT_FOUND', manager.status([name]))
      if (bench.capabilities.logs !== 'none') {
        await rejection('HSVC_NOT_FOUND', manager.logs(name)[Symbol.asyncIterator]().next())
      }
    },
  },
  {
    title: 'Round after round, `install`, `start`, `stop`, `restart` and `uninstall` MUST end alike.',
    async run(bench) {
      const profile = bench.name()
      for (let round = 1; round <= (bench.options.repeat ?? 10); round += 1) {
        const note = `round ${String(round)}`
        const {sample} = await bench.install({profile, start: false})
        assert.equal((await bench.manager.start(profile, bench.patience)).state, 'running', note)
        await bench.runs(sample)
        assert.equal((await bench.manager.stop(profile, bench.patience)).state, 'stopped', note)
        assert.equal((await bench.manager.restart(profile, bench.patience)).state, 'running', note)
        await bench.runs(sample, 2)
        await bench.manager.uninstall(profile, bench.patience)
        assert.deepEqual(sample.alivePids(), [], note)
        await rejection('HSVC_NOT_FOUND', bench.manager.status([profile]))
      }
    },
  },
  ...crashPolicy,
  ...afterReboot,
]
