import {chmodSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {BackendContext} from '@hermes-svc/core'
import {suiteContext} from '@hermes-svc/core/conformance'
import test, {type ExecutionContext} from 'ava'
import {backend} from '../dist/index.js'
import {temporaryDirectory} from './temporary-directory.js'

/** A Mac with a launchctl of this mode. */
function mac(t: ExecutionContext, mode: number, changes: Partial<BackendContext> = {}): BackendContext {
  const root = temporaryDirectory(t)
  const launchctl = join(root, 'launchctl')
  writeFileSync(launchctl, '#!/bin/sh\n')
  chmodSync(launchctl, mode)
  const caller = {uid: 501, gid: 20, home: root}
  return suiteContext(root, {platform: 'darwin', caller, configuration: {launchctl}, ...changes})
}

test('a Mac whose launchctl can be run has launchd, of the account for a user and of the machine for root', async t => {
  t.like(await backend.detect(mac(t, 0o755)), {presence: 'available', scope: 'user'})
  const root = mac(t, 0o755, {caller: {uid: 0, gid: 0, home: '/var/root'}})
  t.like(await backend.detect(root), {presence: 'available', scope: 'system'})
})

test('another operating system has none', async t => {
  const {presence, reason} = await backend.detect(mac(t, 0o755, {platform: 'linux'}))
  t.deepEqual([presence, reason], ['absent', 'launchd is a part of macOS'])
})

test('a Mac whose launchctl cannot be run is unreachable, and the reason says which one was meant', async t => {
  for (const context of [mac(t, 0o644), mac(t, 0o755, {configuration: {launchctl: '/nowhere/launchctl'}})]) {
    const {presence, reason, hint} = await backend.detect(context)
    t.is(presence, 'unreachable')
    t.regex(reason ?? '', /launchctl, got (EACCES|ENOENT)/)
    t.regex(hint ?? '', /backends\.launchd\.launchctl/)
  }
})

for (const [what, configuration, message] of [
  ['a key that there is not', {domain: 'gui'}, 'backends.launchd.domain: expected the key launchctl, got another key'],
  ['a relative path', {launchctl: 'bin/x'}, 'backends.launchd.launchctl: expected an absolute path, got "bin/x"'],
  ['a number', {launchctl: 7}, 'backends.launchd.launchctl: expected an absolute path, got 7'],
] as const) {
  test(`${what} in the settings is told as soon as launchd is used, and does not hide launchd`, async t => {
    const context = mac(t, 0o755, {configuration})
    t.is((await backend.detect(context)).presence, 'available')
    t.throws(() => backend.create(context), {code: 'HSVC_CONFIG_INVALID', message})
  })
}
