import {execFileSync, spawn} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type Caller, systemClock} from '@hermes-svc/core'
import test from 'ava'
import {judgeMachine} from '../dist/detect.js'
import {lookAtMachine} from '../dist/machine-look.js'

const SVSCAN = '/usr/bin/s6-svscan'

async function until(what: string, condition: () => boolean): Promise<void> {
  const started = performance.now()
  while (!condition()) {
    if (performance.now() - started > 60_000) throw new Error(`not within a minute: ${what}`)
    await systemClock.sleep(5)
  }
}

const withS6 = existsSync(SVSCAN) ? test : test.skip
const title = 'a real s6-svscan is seen to live, and seen to be dead while its supervisors live on'

withS6(existsSync(SVSCAN) ? title : `${title} (skipped: ${SVSCAN} is not installed)`, async t => {
  const scandir = mkdtempSync(join(tmpdir(), 'hermes-svc-detect-live-'))
  const slot = join(scandir, 'gateway-coder')
  mkdirSync(slot)
  writeFileSync(join(slot, 'run'), '#!/bin/sh\nexec sleep 1000\n')
  chmodSync(join(slot, 'run'), 0o755)
  const caller: Caller = {uid: process.geteuid?.() ?? null, gid: process.getegid?.() ?? null, home: '/'}
  const control = (): string | undefined => lookAtMachine(scandir).scandirs[0]?.control
  const supervised = (): boolean => {
    try {
      execFileSync('/usr/bin/s6-svok', [slot])
      return true
    } catch {
      return false
    }
  }
  t.is(control(), 'none')

  const svscan = spawn(SVSCAN, [scandir], {stdio: 'ignore'})
  t.teardown(async () => {
    svscan.kill('SIGKILL')
    if (supervised()) execFileSync('/usr/bin/s6-svc', ['-dx', slot])
    await until('the supervisor ended', () => !supervised())
    rmSync(scandir, {recursive: true, force: true})
  })
  await until('s6-svscan listens', () => control() === 'alive')
  await until('the slot is supervised', supervised)
  t.is(judgeMachine(lookAtMachine(scandir), caller, scandir).presence, 'available')

  svscan.kill('SIGKILL')
  await until('s6-svscan is dead', () => control() === 'dead')
  t.true(supervised())
  t.is(judgeMachine(lookAtMachine(scandir), caller, scandir).presence, 'unreachable')
})
