import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {GatewaySpec, ServiceManager} from '@hermes-svc/core'
import {CLEAN_UP_TITLE, conformance, createMemoryBackend, type MemorySubject} from '@hermes-svc/core/conformance'
import test from 'ava'
import {suiteConfiguration, suiteContext} from '../dist/suite-context.js'
import {REAL_TIMING} from '../dist/conformance-options.js'

const PREFIX = 'left-over-test'

/** The pid of a process that is over, as names hold it. */
function deadPid(): string {
  return spawnSync(process.execPath, ['--version']).pid.toString(36)
}

function spec(profile: string): GatewaySpec {
  const {restart, logs, start, stop} = suiteConfiguration(REAL_TIMING)
  const times = {settleMs: start.settleMs, stopTimeoutMs: stop.timeoutMs}
  const place = {cwd: '/', port: null, scope: 'user', account: null, autostart: true} as const
  return {
    profile,
    description: profile,
    argv: [process.execPath],
    env: {},
    ...place,
    restart,
    logs,
    ...times,
    userSet: [],
  }
}

async function cleanUp(subject: MemorySubject): Promise<void> {
  const tests = new Map<string, () => Promise<void>>()
  conformance({...subject, prefix: PREFIX, test: (title, run) => tests.set(title, run)})
  await tests.get(CLEAN_UP_TITLE)?.()
}

async function profiles(manager: ServiceManager): Promise<string[]> {
  return (await manager.status()).map(row => row.profile)
}

test('what a run that was killed left behind is found by its name and removed, and nothing else is', async t => {
  const subject = createMemoryBackend()
  const elsewhere = mkdtempSync(join(tmpdir(), 'left-over-of-nobody-'))
  t.teardown(() => {
    rmSync(elsewhere, {recursive: true})
  })
  const root = join(tmpdir(), `${PREFIX}-${deadPid()}-root`)
  mkdirSync(root)
  writeFileSync(join(root, 'file'), '')
  const manager = subject.backend.create(suiteContext(elsewhere, subject.context))
  const kept = ['coder', `${PREFIX}-${process.pid.toString(36)}-1`, `${PREFIX}x-${deadPid()}-1`]
  for (const name of [...kept, `${PREFIX}-${deadPid()}-1`]) await manager.install(spec(name), {start: false})
  await cleanUp(subject)
  t.deepEqual(await profiles(manager), kept.sort())
  t.false(existsSync(root))
  t.true(existsSync(elsewhere))
})
