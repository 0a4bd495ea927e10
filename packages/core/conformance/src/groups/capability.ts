import assert from 'node:assert/strict'
import {missingFromServiceManager, type ToolRunner} from '@hermes-svc/core'
import {rejection} from '../bench.js'
import type {Requirement, Setting} from '../requirement.js'

/** Filling a backend with more gateways than this is not for a suite that runs often. */
const FEW = 20

function holdsMany({capabilities: {maxGateways}}: Setting): string | null {
  return maxGateways !== null && maxGateways <= FEW ? null : `capabilities.maxGateways is ${String(maxGateways)}`
}

function lacksNothing({capabilities: {logs, follow}}: Setting): string | null {
  return logs !== 'none' && follow ? 'capabilities.logs and .follow are declared' : null
}

function countsAndTells({capabilities: {readiness, restartCount}}: Setting): string | null {
  return readiness && restartCount ? 'capabilities.readiness and .restartCount are declared' : null
}

/** What a backend says about itself. */
export const capability: Requirement[] = [
  {
    title: 'Capabilities MUST be plain data that survives JSON, and MUST never change.',
    async run(bench) {
      const {backend} = bench.options
      const before = structuredClone(backend.capabilities)
      assert.deepEqual(JSON.parse(JSON.stringify(backend.capabilities)), before)
      await bench.install({start: false})
      backend.create(bench.context)
      assert.deepEqual(backend.capabilities, before)
    },
  },
  {
    title: '`detect` MUST NOT throw, whatever it finds.',
    async run(bench) {
      const {backend} = bench.options
      const {context} = bench
      const nowhere = `${context.paths.root}/nowhere`
      const strange = [
        context,
        {...context, env: {}},
        {...context, env: {PATH: '', HOME: nowhere, XDG_RUNTIME_DIR: `${nowhere}\n`}},
        {...context, paths: {root: nowhere, state: nowhere, gateways: nowhere, logs: nowhere}},
        {...context, caller: {uid: 64_999, gid: 64_999, home: nowhere}},
      ]
      for (const given of strange) {
        const {presence, evidence} = await backend.detect(given)
        assert.match(presence, /^(available|unreachable|absent)$/)
        for (const {fact, path, value} of evidence) {
          assert.equal(typeof fact, 'string')
          assert.equal(typeof value, 'string')
          assert.ok(path === null || typeof path === 'string')
        }
      }
    },
  },
  {
    title: '`detect` MUST change nothing and run no tool.',
    async run(bench) {
      const ran: string[] = []
      const tools: ToolRunner = {
        run(file) {
          ran.push(file)
          return bench.context.tools.run(file, [])
        },
        lines: () => assert.fail('detect follows a tool'),
      }
      const before = bench.written()
      await bench.options.backend.detect({...bench.context, tools}).catch(() => undefined)
      assert.deepEqual(ran, [])
      assert.deepEqual(bench.written(), before)
    },
  },
  {
    title: "`create` MUST give every method of a ServiceManager, under the backend's kind.",
    run(bench) {
      assert.deepEqual(missingFromServiceManager(bench.raw), [])
      assert.equal(bench.raw.kind, bench.options.backend.kind)
      return Promise.resolve()
    },
  },
  {
    title:
      'What a backend does not declare MUST be null in `status`: `ready` without `readiness`, `restarts` without `restartCount`.',
    exempt: countsAndTells,
    async run(bench) {
      const {profile} = await bench.install()
      const {ready, restarts} = await bench.one(profile)
      if (!bench.capabilities.readiness) assert.equal(ready, null)
      if (!bench.capabilities.restartCount) assert.equal(restarts, null)
    },
  },
  {
    title:
      'What `logs` cannot give MUST be refused with HSVC_UNSUPPORTED: everything without `capabilities.logs`, following without `follow`.',
    exempt: lacksNothing,
    async run(bench) {
      const {profile} = await bench.install({start: false})
      const follow = bench.capabilities.logs !== 'none'
      const signal = AbortSignal.timeout(bench.timing.shortVerbMs)
      await rejection('HSVC_UNSUPPORTED', bench.manager.logs(profile, {follow, signal})[Symbol.asyncIterator]().next())
    },
  },
  {
    title:
      'One gateway more than `capabilities.maxGateways` MUST be refused with HSVC_CAPACITY, with no definition made.',
    exempt: holdsMany,
    async run(bench) {
      const most = bench.capabilities.maxGateways ?? 0
      const had = (await bench.raw.status()).length
      for (let count = had; count < most; count += 1) await bench.install({start: false})
      const profile = bench.name()
      const request = bench.request(profile, await bench.sample())
      await rejection('HSVC_CAPACITY', bench.manager.install(request, bench.patience))
      assert.equal(await bench.rawOne(profile), undefined)
      assert.equal(bench.records.read(profile), null)
    },
  },
]
