import {execFileSync} from 'node:child_process'
import {chmodSync, chownSync, lchownSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {accountNamed, findWriter, HomeFiles} from '@hermes-svc/core'
import {temporaryDirectory} from '../temporary-directory.js'

const uid = process.geteuid?.() ?? null
const caller = {uid, gid: process.getegid?.() ?? null, home: '/'}
const nobody = accountNamed('nobody')
const canGive = uid === 0 && nobody !== null
const asRoot = canGive ? test.serial : test.skip
const why = canGive ? '' : ' (skipped: needs root and an account nobody)'

function filesOf(root: string): HomeFiles {
  return new HomeFiles(root, caller, findWriter(caller, root))
}

test('a file of a profile is read without its byte-order mark, and null where it is not there', t => {
  const root = temporaryDirectory(t)
  mkdirSync(join(root, 'profiles', 'coder'), {recursive: true})
  writeFileSync(join(root, 'profiles', 'coder', 'a.json'), '\uFEFF{}')
  const files = filesOf(root)
  t.is(files.read('coder', 'a.json'), '{}')
  t.is(files.read('coder', 'b.json'), null)
  t.is(files.read('nobody-home', 'a.json'), null)
  t.deepEqual([files.exists('coder'), files.exists('nobody-home'), files.exists('default')], [true, false, true])
})

test('what is no regular file is not read: a FIFO would hold up its reader, and a device has no end', t => {
  const root = temporaryDirectory(t)
  execFileSync('mkfifo', [join(root, 'fifo')])
  symlinkSync('/dev/zero', join(root, 'device'))
  for (const name of ['fifo', 'device']) {
    t.throws(() => filesOf(root).read('default', name), {message: /expected a regular file/}, name)
  }
})

test('a file is replaced whole and keeps its mode; a new one is its owner’s alone', t => {
  const root = temporaryDirectory(t)
  writeFileSync(join(root, 'a.json'), 'old')
  chmodSync(join(root, 'a.json'), 0o644)
  const files = filesOf(root)
  files.write('default', 'a.json', 'new')
  files.write('default', 'b.json', 'new')
  t.is(readFileSync(join(root, 'a.json'), 'utf8'), 'new')
  t.deepEqual(
    [statSync(join(root, 'a.json')).mode & 0o777, statSync(join(root, 'b.json')).mode & 0o777],
    [0o644, 0o600],
  )
})

test('a link that was planted in place of a file is replaced, and what it leads to left alone', t => {
  const root = temporaryDirectory(t)
  const victim = join(temporaryDirectory(t), 'victim')
  writeFileSync(victim, 'untouched')
  symlinkSync(victim, join(root, 'a.json'))
  filesOf(root).write('default', 'a.json', 'new')
  t.is(readFileSync(victim, 'utf8'), 'untouched')
  t.is(readFileSync(join(root, 'a.json'), 'utf8'), 'new')
})

asRoot(`what root writes in a home belongs to whoever owned it before, else to the home’s owner${why}`, t => {
  const root = temporaryDirectory(t)
  chmodSync(root, 0o755)
  const home = join(root, 'profiles', 'coder')
  mkdirSync(home, {recursive: true})
  const account = nobody?.uid ?? 0
  chownSync(home, account, -1)
  filesOf(root).write('coder', 'a.json', 'new')
  t.is(statSync(join(home, 'a.json')).uid, account)
})

asRoot(`a home that another account has replaced by a link gives that account nothing of root’s${why}`, t => {
  const root = temporaryDirectory(t)
  chmodSync(root, 0o755)
  const secret = temporaryDirectory(t)
  chmodSync(secret, 0o700)
  writeFileSync(join(secret, 'a.json'), 'secret')
  mkdirSync(join(root, 'profiles'))
  const link = join(root, 'profiles', 'coder')
  symlinkSync(secret, link)
  const {uid: account = 0, gid = 0} = nobody ?? {}
  // The link is nobody's, as one that nobody made would be.
  lchownSync(link, account, gid)
  const files = filesOf(root)
  t.throws(() => files.read('coder', 'a.json'), {code: 'EACCES'})
  t.throws(() => files.write('coder', 'b.json', 'x'), {code: 'EACCES'})
})
