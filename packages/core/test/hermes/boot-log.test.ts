import {existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {findWriter, HomeFiles} from '@hermes-svc/core'
import {appendBootLog, renderBootLog} from '../../dist/hermes/boot-log.js'
import {temporaryDirectory} from '../temporary-directory.js'

const NOW = Date.parse('2026-03-01T10:00:00.500Z')
const ENTRY = {profile: 'coder', priorState: 'running', action: 'define', reason: 'it is gone'}

function homesOf(root: string): HomeFiles {
  const caller = {uid: process.geteuid?.() ?? null, gid: process.getegid?.() ?? null, home: '/'}
  return new HomeFiles(root, caller, findWriter(caller, root))
}

function logOf(t: ExecutionContext): {homes: HomeFiles; path: string} {
  const root = temporaryDirectory(t)
  return {homes: homesOf(root), path: join(root, 'logs', 'container-boot.log')}
}

test('a line has time, profile, what was before, what was done and why', t => {
  t.is(
    renderBootLog([ENTRY, {...ENTRY, priorState: null}], NOW),
    '2026-03-01T10:00:00+0000 profile=coder prior_state=running action=define by=hermes-svc reason="it is gone"\n' +
      '2026-03-01T10:00:00+0000 profile=coder prior_state=None action=define by=hermes-svc reason="it is gone"\n',
  )
})

test('nothing that comes from a file can make a line of its own', t => {
  const text = renderBootLog([{...ENTRY, priorState: 'a\nb=c', reason: 'x"\ny'}], NOW)
  t.is(text.split('\n').length, 2)
  t.true(text.includes(String.raw`prior_state="a\nb=c"`) && text.includes(String.raw`reason="x\"\ny"`))
})

test('the log grows, and is put aside as .1 when it has reached its size', t => {
  const {homes, path} = logOf(t)
  appendBootLog(homes, [ENTRY], NOW)
  appendBootLog(homes, [ENTRY], NOW)
  t.is(readFileSync(path, 'utf8').split('\n').length, 3)
  t.false(existsSync(`${path}.1`))
  writeFileSync(path, 'x'.repeat(262_144))
  writeFileSync(`${path}.1`, 'older')
  appendBootLog(homes, [ENTRY], NOW)
  t.is(readFileSync(`${path}.1`, 'utf8').length, 262_144)
  t.is(readFileSync(path, 'utf8').split('\n').length, 2)
})

test('nothing to tell makes no log', t => {
  const {homes, path} = logOf(t)
  appendBootLog(homes, [], NOW)
  t.false(existsSync(path))
})

test('a link in place of the log is refused, and what it leads to left alone', t => {
  const {homes, path} = logOf(t)
  const victim = join(temporaryDirectory(t), 'victim')
  writeFileSync(victim, '')
  mkdirSync(join(path, '..'))
  symlinkSync(victim, path)
  t.throws(() => appendBootLog(homes, [ENTRY], NOW), {code: 'ELOOP'})
  t.is(readFileSync(victim, 'utf8'), '')
})
