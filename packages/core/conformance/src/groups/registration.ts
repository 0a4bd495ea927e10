import assert from 'node:assert/strict'
import type {GuardedRegisterOptions} from '@hermes-svc/core'
import {type Bench, rejection} from '../bench.js'
import {needs, type Requirement, type Setting} from '../requirement.js'
import type {Sample} from '../samples.js'

const declared = needs('runtimeRegistration')

function undeclared({capabilities}: Setting): string | null {
  return capabilities.runtimeRegistration ? 'capabilities.runtimeRegistration is true' : null
}

function asked(bench: Bench, profile: string, sample: Sample, startNow = true): GuardedRegisterOptions {
  return {request: bench.request(profile, sample), startNow, ...bench.patience}
}

async function register(bench: Bench, startNow = true): Promise<{profile: string; sample: Sample}> {
  const profile = bench.name()
  const sample = await bench.sample()
  await bench.manager.registerProfileGateway(profile, asked(bench, profile, sample, startNow))
  return {profile, sample}
}

/** Gateways that live until the container ends, where a backend has that, and that it is refused elsewhere. */
export const registration: Requirement[] = [
  {
    title: '`supportsRuntimeRegistration` MUST say what `capabilities.runtimeRegistration` says.',
    run(bench) {
      const {runtimeRegistration} = bench.capabilities
      assert.equal(bench.raw.supportsRuntimeRegistration(), runtimeRegistration)
      assert.equal(bench.manager.supportsRuntimeRegistration(), runtimeRegistration)
      return Promise.resolve()
    },
  },
  {
    title: '`registerProfileGateway` MUST define the gateway and start it, unless `startNow` is false.',
    exempt: declared,
    async run(bench) {
      const down = await register(bench, false)
      await bench.stays('no process', () => down.sample.starts().length === 0)
      assert.equal((await bench.one(down.profile)).origin, 'registered')
      const up = await register(bench)
      assert.equal((await bench.one(up.profile)).state, 'running')
      await bench.runs(up.sample)
    },
  },
  {
    title:
      '`registerProfileGateway` of a registered or installed gateway MUST reject with HSVC_ALREADY_EXISTS, also for an equal definition.',
    exempt: declared,
    async run(bench) {
      const {profile, sample} = await register(bench)
      await rejection(
        'HSVC_ALREADY_EXISTS',
        bench.manager.registerProfileGateway(profile, asked(bench, profile, sample)),
      )
      const {spec} = await bench.manager.preview(bench.request(profile, sample))
      await rejection('HSVC_ALREADY_EXISTS', bench.raw.registerProfileGateway(profile, {spec, startNow: false}))
      await bench.runs(sample, 1)
      const installed = await bench.install()
      const again = asked(bench, installed.profile, installed.sample)
      await rejection('HSVC_ALREADY_EXISTS', bench.manager.registerProfileGateway(installed.profile, again))
    },
  },
  {
    title: '`unregisterProfileGateway` of an unknown gateway MUST resolve.',
    exempt: declared,
    async run(bench) {
      const name = bench.name()
      await bench.manager.unregisterProfileGateway(name, bench.patience)
      await bench.raw.unregisterProfileGateway(name)
    },
  },
  {
    title: '`unregisterProfileGateway` MUST resolve only when nothing is left: no process, no definition.',
    exempt: declared,
    async run(bench) {
      const {profile, sample} = await register(bench)
      assert.ok((await bench.manager.listProfileGateways()).includes(profile))
      await bench.manager.unregisterProfileGateway(profile, bench.patience)
      assert.deepEqual(sample.alivePids(), [])
      assert.equal(await bench.rawOne(profile), undefined)
      assert.ok(!(await bench.manager.listProfileGateways()).includes(profile))
    },
  },
  {
    title:
      '`unregisterProfileGateway` of an installed gateway MUST reject with HSVC_ALREADY_EXISTS and leave it as it is.',
    exempt: declared,
    async run(bench) {
      const {profile, sample} = await bench.install()
      const error = await rejection(
        'HSVC_ALREADY_EXISTS',
        bench.manager.unregisterProfileGateway(profile, bench.patience),
      )
      assert.match(String(error['hint']), /gateway uninstall/)
      await rejection('HSVC_ALREADY_EXISTS', bench.raw.unregisterProfileGateway(profile))
      assert.equal((await bench.one(profile)).origin, 'installed')
      await bench.runs(sample, 1)
    },
  },
  {
    title: '`listProfileGateways` MUST give the registered gateways, sorted, and no others.',
    exempt: declared,
    async run(bench) {
      const installed = await bench.install({start: false})
      const names = [await register(bench, false), await register(bench, false)].map(({profile}) => profile)
      for (const manager of [bench.manager, bench.raw]) {
        const listed = await manager.listProfileGateways()
        const ours = listed.filter(name => names.includes(name) || name === installed.profile)
        assert.deepEqual(ours, names.sort())
      }
    },
  },
  {
    title: '`install` over a registered gateway MUST make it an installed one.',
    exempt: declared,
    async run(bench) {
      const {profile, sample} = await register(bench)
      await bench.manager.install(bench.request(profile, sample), bench.patience)
      assert.equal((await bench.one(profile)).origin, 'installed')
      assert.ok(!(await bench.manager.listProfileGateways()).includes(profile))
      await bench.runs(sample)
    },
  },
  {
    title:
      'Without `capabilities.runtimeRegistration`, `registerProfileGateway` and `unregisterProfileGateway` MUST reject with HSVC_UNSUPPORTED before anything is touched.',
    exempt: undeclared,
    async run(bench) {
      const name = bench.name()
      const sample = await bench.sample()
      const before = bench.written()
      const {spec} = await bench.manager.preview(bench.request(name, sample))
      for (const manager of [bench.manager, bench.raw]) {
        await rejection('HSVC_UNSUPPORTED', manager.registerProfileGateway(name, {spec}))
        await rejection('HSVC_UNSUPPORTED', manager.unregisterProfileGateway(name))
      }
      assert.deepEqual(bench.written(), before)
      assert.equal(await bench.rawOne(name), undefined)
    },
  },
  {
    title: 'Without `capabilities.runtimeRegistration`, `listProfileGateways` MUST give an empty list.',
    exempt: undeclared,
    async run(bench) {
      await bench.install({start: false})
      assert.deepEqual(await bench.manager.listProfileGateways(), [])
      assert.deepEqual(await bench.raw.listProfileGateways(), [])
    },
  },
]
