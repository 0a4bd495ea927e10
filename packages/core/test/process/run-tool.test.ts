import {chmodSync, closeSync, openSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {runTool} from '../../dist/process/run-tool.js'
import {temporaryDirectory} from '../temporary-directory.js'

const onLinux = process.platform === 'linux' ? test : test.skip
const skipped = process.platform === 'linux' ? '' : ' (skipped: needs the ETXTBSY of Linux)'

/** A program that nobody can start while it is open for writing, and the end of that. */
function busyProgram(t: ExecutionContext): {file: string; release: () => void} {
  const file = join(temporaryDirectory(t), 'busy')
  writeFileSync(file, '#!/bin/sh\necho started\n')
  chmodSync(file, 0o755)
  const descriptor = openSync(file, 'r+')
  let isOpen = true
  const release = (): void => {
    if (isOpen) closeSync(descriptor)
    isOpen = false
  }
  t.teardown(release)
  return {file, release}
}

function call(file: string): Parameters<typeof runTool>[1] {
  return {file, args: [], cwd: undefined, searchPath: '/usr/bin', timeoutMs: 10_000, encoding: 'utf8'}
}

onLinux(`a tool that is busy at the moment is started when it no longer is${skipped}`, async t => {
  // The first start of a tool imports this, which may take longer than the program is busy.
  await import('execa')
  const {file, release} = busyProgram(t)
  setTimeout(release, 60)
  t.is((await runTool(process.env, call(file), {})).stdout, 'started\n')
})

onLinux(`a tool that stays busy is given up, with the reason${skipped}`, async t => {
  const {file} = busyProgram(t)
  const error = await t.throwsAsync(runTool(process.env, call(file), {}))
  t.like(error, {code: 'HSVC_TOOL_FAILED', message: `expected ${file} to start, got ETXTBSY`})
})

onLinux(`nobody waits for a busy tool after an interruption${skipped}`, async t => {
  const {file} = busyProgram(t)
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 20)
  const error = await t.throwsAsync(runTool(process.env, call(file), {signal: controller.signal}))
  t.like(error, {code: 'HSVC_ABORTED'})
})
