import {existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {publishFile, STAGING_PREFIX} from '@hermes-svc/core'
import {temporaryDirectory} from '../temporary-directory.js'

test('a published file has the contents and the mode, whatever the umask', t => {
  const path = join(temporaryDirectory(t), 'file')
  publishFile(path, 'text', 0o666)
  t.is(readFileSync(path, 'utf8'), 'text')
  t.is(statSync(path).mode & 0o777, 0o666)
})

test('without a mode the file is for its owner alone, also when it replaces another', t => {
  const path = join(temporaryDirectory(t), 'file')
  writeFileSync(path, 'old', {mode: 0o644})
  publishFile(path, Uint8Array.from([0, 255]))
  t.deepEqual([...readFileSync(path)], [0, 255])
  t.is(statSync(path).mode & 0o777, 0o600)
})

test('a link at the path is replaced, not written through', t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'target'), 'untouched')
  symlinkSync('target', join(directory, 'file'))
  publishFile(join(directory, 'file'), 'new')
  t.is(readFileSync(join(directory, 'target'), 'utf8'), 'untouched')
  t.is(readFileSync(join(directory, 'file'), 'utf8'), 'new')
})

test('a failed publication throws the system error and leaves nothing', t => {
  const directory = temporaryDirectory(t)
  mkdirSync(join(directory, 'file/inside'), {recursive: true})
  t.throws(
    () => {
      publishFile(join(directory, 'file'), 'text')
    },
    {code: 'EISDIR'},
  )
  t.throws(
    () => {
      publishFile(join(directory, 'none/file'), 'text')
    },
    {code: 'ENOENT'},
  )
  t.deepEqual(readdirSync(directory), ['file'])
})

test('a reader sees the old contents or the new, never a part', async t => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'file')
  const size = 200_000
  publishFile(path, 'a'.repeat(size))
  const program = `
    import {publishFile} from '@hermes-svc/core/publish-file'
    for (let round = 0; round < 60; round += 1) publishFile(${JSON.stringify(path)}, (round % 2 ? 'a' : 'b').repeat(${String(size)}))`
  const code = `data:text/javascript,${encodeURIComponent(program.replace('@hermes-svc/core/publish-file', import.meta.resolve('@hermes-svc/core/publish-file')))}`
  const writer = new Worker(new URL(code))
  const state = {isDone: false}
  writer.once('exit', () => {
    state.isDone = true
  })
  let seen = 0
  while (!state.isDone) {
    const text = readFileSync(path, 'utf8')
    if (text !== text[0]?.repeat(size)) t.fail(`expected one whole version, got ${String(text.length)} characters`)
    seen += 1
    await new Promise(resolve => setImmediate(resolve))
  }
  t.true(seen > 10)
  t.false(readdirSync(directory).some(name => name.startsWith(STAGING_PREFIX)))
  t.true(existsSync(path))
})
