import {mkdirSync, openSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {isRunnerLocked, type OpenFile, takeRunnerLock} from '../dist/runner-lock.js'
import {RunnerFixture} from './runner-fixture.js'

const EXCLUSIVE = 0x10000000

/** Opens as Windows does: what one has open for nobody else nobody else can open, until `closed` says so. */
class ExclusiveOpener {
  held: string | null = null
  readonly flags: number[] = []

  readonly open: OpenFile = (path, flags, mode) => {
    this.flags.push(flags)
    if (this.held === path) throw Object.assign(new Error('busy'), {code: 'EBUSY'})
    if ((flags & EXCLUSIVE) !== 0) this.held = path
    return openSync(path, flags & ~EXCLUSIVE, mode)
  }
}

test('one takes the lock, others do not, and everybody sees it until it is released', t => {
  const {directory} = new RunnerFixture(t)
  mkdirSync(directory, {recursive: true})
  const opener = new ExclusiveOpener()
  t.false(isRunnerLocked(directory, opener.open), 'there is no such file yet')
  const lock = takeRunnerLock(directory, opener.open)
  t.is(opener.held, join(directory, 'runner.lock'))
  t.true(isRunnerLocked(directory, opener.open))
  t.is(takeRunnerLock(directory, opener.open), null)
  opener.held = null
  lock?.release()
  t.false(isRunnerLocked(directory, opener.open), 'the file stays, and nobody has it')
  t.is((opener.flags.at(-1) ?? 0) & EXCLUSIVE, 0, 'who only looks keeps nobody else from looking')
})

test('an error other than that somebody has it is no answer', t => {
  const {root} = new RunnerFixture(t)
  const open: OpenFile = () => {
    throw Object.assign(new Error('denied'), {code: 'EPERM'})
  }
  t.throws(() => isRunnerLocked(root, open), {message: 'denied'})
  t.throws(() => takeRunnerLock(root, open), {message: 'denied'})
  t.throws(() => takeRunnerLock(join(root, 'nowhere')), {code: 'ENOENT'})
})
