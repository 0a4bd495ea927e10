import {execFileSync, spawn} from 'node:child_process'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Caller} from '@hermes-svc/core'
import test from 'ava'
import {judgeMachine} from '../dist/detect.js'
import {lookAtMachine} from '../dist/machine-look.js'
import {eventually, hasS6, isSupervised} from './s6-scandir.js'

const withS6 = hasS6 ? test : test.skip
const title = 'a real s6-svscan is seen to live, and seen to be dead while its supervisors live on'

withS6(hasS6 ? title : `${title} (skipped: needs s6)`, async t => {
  const scandir = mkdtempSync(join(tmpdir(), 'hermes-svc-detect-live-'))
  const slot = join(scandir, 'gateway-coder')
  mkdirSync(slot)
  writeFileSync(join(slot, 'run'), '#!/bin/sh\nexec sleep 1000\n')
  chmodSync(join(slot, 'run'), 0o755)
  const caller: Caller = {uid: process.geteuid?.() ?? null, gid: process.getegid?.() ?? null, home: '/'}
  const control = (): string | undefined => lookAtMachine(scandir).scandirs[0]?.control
  const supervised = (): boolean => isSupervised(slot)
  t.is(control(), 'none')

  const svscan = spawn('s6-svscan', [scandir], {stdio: 'ignore'})
  t.teardown(async () => {
    svscan.kill('SIGKILL')
    if (supervised()) execFileSync('s6-svc', ['-dx', slot])
    await eventually('the supervisor ended', () => !supervised())
    rmSync(scandir, {recursive: true, force: true})
  })
  await eventually('s6-svscan listens', () => control() === 'alive')
  await eventually('the slot is supervised', supervised)
  t.is(judgeMachine(lookAtMachine(scandir), caller, scandir).presence, 'available')

  svscan.kill('SIGKILL')
  await eventually('s6-svscan is dead', () => control() === 'dead')
  t.true(supervised())
  t.is(judgeMachine(lookAtMachine(scandir), caller, scandir).presence, 'unreachable')
})
