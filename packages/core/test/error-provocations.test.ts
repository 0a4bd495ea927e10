import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {
  createToolRunner,
  ERROR_CODES,
  type ErrorCode,
  isServiceError,
  mergeConfiguration,
  type ServiceError,
  toServiceError,
  withLock,
} from '@hermes-svc/core'
import {guardFixture, PROGRAM} from './fixtures/guard-fixture.js'
import {hostFixture} from './fixtures/host-fixture.js'
import {temporaryDirectory} from './temporary-directory.js'

const CODER = {profile: 'coder', argv: [PROGRAM]}

interface Provocation {
  /** What a caller does that ends in this error. */
  readonly provoke: (t: ExecutionContext) => Promise<unknown>
  /** What the hint must tell; undefined where the message says all. */
  readonly hint?: RegExp
}

/** Where a code is provoked that core alone cannot: a test file of the repository. */
type Elsewhere = string

const PROVOCATIONS: Readonly<Record<ErrorCode, Provocation | Elsewhere>> = {
  HSVC_USAGE: 'packages/cli/test/json-output.test.ts',
  HSVC_INVALID_PROFILE: {
    provoke: async t => await guardFixture(t).manager.start('Coder'),
    hint: /did you mean coder/,
  },
  HSVC_INVALID_SPEC: {
    provoke: async t => await guardFixture(t).manager.install({profile: 'coder', argv: ['no-such-program']}),
    hint: /absolute path/,
  },
  HSVC_UNSUPPORTED: {
    provoke: async t => {
      const {manager} = guardFixture(t, {capabilities: {runtimeRegistration: false}})
      return await manager.registerProfileGateway('coder')
    },
    hint: /gateway install coder/,
  },
  HSVC_NO_BACKEND: {
    provoke: async t => await hostFixture(t).host([]).manager(),
    hint: /backend detect/,
  },
  HSVC_BACKEND_UNAVAILABLE: {
    provoke: async t => {
      const fixture = hostFixture(t)
      return await fixture.host([fixture.package('shy', 'unreachable')]).manager()
    },
    hint: /a hint/,
  },
  HSVC_NOT_FOUND: {
    provoke: async t => await guardFixture(t).manager.start('coder'),
    hint: /gateway list/,
  },
  HSVC_NOT_SUPERVISED: {
    provoke: async t => {
      const {manager, init} = guardFixture(t)
      await manager.install(CODER)
      init.gateways.clear()
      return await manager.start('coder')
    },
    hint: /gateway reconcile/,
  },
  HSVC_ALREADY_EXISTS: {
    provoke: async t => {
      const {manager, init} = guardFixture(t)
      init.define('coder', {origin: 'foreign'})
      return await manager.install(CODER)
    },
    hint: /--adopt/,
  },
  HSVC_CAPACITY: {
    provoke: async t => {
      const {manager, init} = guardFixture(t, {capabilities: {maxGateways: 1}})
      init.define('other')
      return await manager.install(CODER)
    },
    hint: /uninstall one/,
  },
  HSVC_START_FAILED: {
    provoke: async t => {
      const {manager, init} = guardFixture(t)
      init.onLaunch = init.dyingAfter(100, 3)
      return await manager.install(CODER)
    },
    hint: /mend what its last lines say/,
  },
  HSVC_PERMISSION_DENIED: {
    provoke: async t => {
      const file = join(temporaryDirectory(t), 'tool')
      writeFileSync(file, '#!/bin/sh', {mode: 0o644})
      return await tools().run(file, [])
    },
    hint: /permissions/,
  },
  HSVC_BUSY: {
    provoke: async t => {
      const {manager, clock, context} = guardFixture(t)
      return await withLock(join(context.paths.state, 'locks'), 'coder', {timeoutMs: 0, clock}, () =>
        manager.start('coder', {timeoutMs: 1000}),
      )
    },
    hint: /retry/,
  },
  HSVC_TIMEOUT: {
    provoke: async t => {
      const {manager, init} = guardFixture(t)
      init.define('coder')
      init.onLaunch = gateway => {
        gateway.state = 'starting'
      }
      return await manager.start('coder')
    },
    hint: /gateway status coder/,
  },
  HSVC_ABORTED: {
    provoke: async t => await guardFixture(t).manager.start('coder', {signal: AbortSignal.abort()}),
  },
  HSVC_TOOL_FAILED: {
    provoke: async () => await tools().run(PROGRAM, ['-e', 'process.exit(3)']),
  },
  HSVC_TOOL_MISSING: {
    provoke: async () => await tools().run('no-such-tool', []),
    hint: /install no-such-tool/,
  },
  HSVC_UNEXPECTED_OUTPUT: {
    provoke: async t => {
      const {manager, records} = guardFixture(t)
      await manager.install(CODER)
      writeFileSync(join(records.directory('coder'), 'record.json'), '{')
      return await manager.status(['coder'])
    },
    hint: /restore it from a backup/,
  },
  HSVC_ROLLBACK_FAILED: {
    provoke: async t => {
      const {manager, init} = guardFixture(t)
      init.onLaunch = init.dyingAfter(100, 3)
      init.before.uninstall = () => {
        throw new Error('it stays')
      }
      return await manager.install(CODER)
    },
    hint: /by hand/,
  },
  HSVC_CONFIG_INVALID: {
    provoke: async () => mergeConfiguration([{source: '/etc/x.yaml', data: {backend: 7}}]),
    hint: /config show/,
  },
  HSVC_INTERNAL: {
    provoke: async t => {
      const {manager, init} = guardFixture(t)
      init.before.status = () => (undefined as unknown as {length: number}).length
      return await manager.status()
    },
  },
}

function tools(): ReturnType<typeof createToolRunner> {
  return createToolRunner({PATH: '/usr/bin:/bin'})
}

test('every code of the error table has a provocation', t => {
  t.deepEqual(Object.keys(PROVOCATIONS).sort(), Object.keys(ERROR_CODES).sort())
})

for (const [code, provocation] of Object.entries(PROVOCATIONS)) {
  if (typeof provocation === 'string') {
    test(`${code} is provoked in ${provocation}`, t => {
      t.true(readFileSync(new URL(`../../../${provocation}`, import.meta.url), 'utf8').includes(code))
    })
    continue
  }
  test(`${code} is what a caller gets, with a message and what to do`, async t => {
    const error = (await t.throwsAsync(provocation.provoke(t), {
      name: 'HermesSvcError',
      code,
    })) as unknown as ServiceError
    t.true(isServiceError(error))
    t.true(error.message.length > 10)
    if (provocation.hint) t.regex(error.hint ?? '', provocation.hint)
    t.is(toServiceError(error), error)
    t.true(ERROR_CODES[error.code].exitCode > 0)
  })
}
