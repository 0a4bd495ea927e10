import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {toolError} from '../../dist/process/tool-error.js'
import {temporaryDirectory} from '../temporary-directory.js'

const REFUSED = {
  exitCode: null,
  signal: null,
  spawnCode: 'EACCES',
  stdout: new Uint8Array(),
  stderr: new Uint8Array(),
  outputTooLong: false,
}

test('a tool that is nowhere on PATH is missing, also where a directory of PATH may not be entered', t => {
  const directory = temporaryDirectory(t)
  const searchPath = `/nowhere:${directory}`
  const call = {file: 'no-such-tool', args: [], cwd: undefined, timeoutMs: 1000, searchPath, encoding: 'utf8'} as const
  t.is(toolError(call, REFUSED, null, [0])?.code, 'HSVC_TOOL_MISSING')
  writeFileSync(join(directory, 'no-such-tool'), '')
  t.is(toolError(call, REFUSED, null, [0])?.code, 'HSVC_PERMISSION_DENIED')
  t.is(toolError({...call, file: '/nowhere/x'}, REFUSED, null, [0])?.code, 'HSVC_PERMISSION_DENIED')
})
