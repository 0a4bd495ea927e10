import assert from 'node:assert/strict'
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {type Bench, rejection} from '../bench.js'
import type {ForeignGateway} from '../conformance-options.js'
import {needsHook, type Requirement} from '../requirement.js'
import type {Sample} from '../samples.js'

interface Made extends ForeignGateway {
  readonly profile: string
  readonly sample: Sample
}

async function foreignGateway(bench: Bench): Promise<Made> {
  const profile = bench.name()
  const sample = await bench.sample()
  const gateway = await bench.options.foreign?.(profile, sample.argv, bench.context.paths.root)
  assert.ok(gateway, 'expected the hook to make a foreign definition')
  bench.resources.addForeign(gateway)
  return {...gateway, profile, sample}
}

/** Whether some file below a directory holds a text, in UTF-8 or as Windows has it in definitions. */
function isKept(directory: string, text: string): boolean {
  return readdirSync(directory, {withFileTypes: true, recursive: true}).some(entry => {
    const contents = entry.isFile() ? readFileSync(join(entry.parentPath, entry.name)) : Buffer.alloc(0)
    return contents.includes(text) || contents.includes(text, 0, 'utf16le')
  })
}

/** Definitions that somebody else made. */
export const foreign: Requirement[] = [
  {
    title: '`install` over a foreign definition MUST reject with HSVC_ALREADY_EXISTS unless it is told to adopt.',
    exempt: needsHook('foreign'),
    async run(bench) {
      const {profile, sample, untouched} = await foreignGateway(bench)
      const request = bench.request(profile, sample)
      await rejection('HSVC_ALREADY_EXISTS', bench.manager.install(request, bench.patience))
      assert.ok(await untouched())
      assert.equal(bench.records.read(profile), null)
      const {spec} = await bench.manager.preview(request, {adopt: true})
      await rejection('HSVC_ALREADY_EXISTS', bench.raw.install(spec, {start: false}))
      assert.ok(await untouched())
    },
  },
  {
    title: 'Adopting a foreign definition MUST keep a backup of it in the record directory.',
    exempt: needsHook('foreign'),
    async run(bench) {
      const {profile, sample, marker} = await foreignGateway(bench)
      await bench.manager.install(bench.request(profile, sample), {adopt: true, ...bench.patience})
      assert.equal((await bench.one(profile)).origin, 'installed')
      assert.ok(isKept(bench.records.directory(profile), marker), 'expected the marker in the record directory')
    },
  },
  {
    title: 'A foreign definition MUST never be removed or rewritten without being adopted.',
    exempt: needsHook('foreign'),
    async run(bench) {
      const {profile, sample, untouched} = await foreignGateway(bench)
      assert.equal((await bench.one(profile)).origin, 'foreign')
      await rejection('HSVC_ALREADY_EXISTS', bench.manager.uninstall(profile, bench.patience))
      if (bench.capabilities.runtimeRegistration) {
        const options = {request: bench.request(profile, sample), ...bench.patience}
        await rejection('HSVC_ALREADY_EXISTS', bench.manager.registerProfileGateway(profile, options))
        await rejection('HSVC_ALREADY_EXISTS', bench.manager.unregisterProfileGateway(profile, bench.patience))
      }
      assert.ok(await untouched())
      assert.equal((await bench.one(profile)).origin, 'foreign')
    },
  },
  {
    title: '`start` and `stop` of a foreign gateway MUST change its state only.',
    exempt: needsHook('foreign'),
    async run(bench) {
      const {profile, sample, untouched} = await foreignGateway(bench)
      assert.equal((await bench.manager.start(profile, bench.patience)).state, 'running')
      await bench.runs(sample)
      assert.ok(await untouched(), 'after start')
      await bench.manager.stop(profile, bench.patience)
      assert.deepEqual(sample.alivePids(), [])
      assert.ok(await untouched(), 'after stop')
    },
  },
]
