import {chmodSync, mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {hermesRoot, profileExists, profileHome, profilesOnDisk} from '@hermes-svc/core'
import {temporaryDirectory} from './temporary-directory.js'

const HOME = '/home/ada'

for (const [given, root] of [
  [undefined, '/home/ada/.hermes'],
  ['', '/home/ada/.hermes'],
  ['/home/ada/.hermes', '/home/ada/.hermes'],
  ['/home/ada/.hermes/', '/home/ada/.hermes'],
  ['/home/ada/.hermes/profiles/coder', '/home/ada/.hermes'],
  ['/home/ada/.hermes-two', '/home/ada/.hermes-two'],
  ['/home/ada/.hermes/../.hermes2', '/home/ada/.hermes2'],
  ['/opt/data', '/opt/data'],
  ['/opt/data/profiles/coder', '/opt/data'],
  ['/opt/data/profiles/coder/', '/opt/data'],
  ['/opt/data/profiles', '/opt/data/profiles'],
  ['/..hidden', '/..hidden'],
] as const) {
  test(`HERMES_HOME=${given ?? '(unset)'} gives the root ${root}`, t => {
    t.is(hermesRoot({HERMES_HOME: given}, 'linux', HOME), root)
  })
}

for (const [env, root] of [
  [{}, 'C:\\Users\\ada\\AppData\\Local\\hermes'],
  [{LOCALAPPDATA: 'D:\\Local'}, 'D:\\Local\\hermes'],
  [{LOCALAPPDATA: 'D:\\Local', HERMES_HOME: 'D:\\Local\\hermes\\profiles\\coder'}, 'D:\\Local\\hermes'],
  [{HERMES_HOME: 'E:\\data\\profiles\\coder'}, 'E:\\data'],
  [{HERMES_HOME: 'E:\\data'}, 'E:\\data'],
] as const) {
  test(`on Windows ${JSON.stringify(env)} gives the root ${root}`, t => {
    t.is(hermesRoot(env, 'win32', 'C:\\Users\\ada'), root)
  })
}

test('a relative HERMES_HOME is refused, since it means another root in every directory', t => {
  t.throws(() => hermesRoot({HERMES_HOME: 'data'}, 'linux', HOME), {
    code: 'HSVC_CONFIG_INVALID',
    message: 'HERMES_HOME: expected an absolute path, got "data"',
  })
})

test('the home of default is the root, of another profile a directory under profiles', t => {
  t.is(profileHome('/opt/data', 'default'), '/opt/data')
  t.is(profileHome('/opt/data', 'coder'), '/opt/data/profiles/coder')
})

test('the home of an invalid name is refused, so that no name leads out of the root', t => {
  t.throws(() => profileHome('/opt/data', '../../etc'), {code: 'HSVC_INVALID_PROFILE'})
})

function addProfile(root: string, name: string): void {
  mkdirSync(join(root, 'profiles', name), {recursive: true})
  writeFileSync(join(root, 'profiles', name, 'SOUL.md'), '')
}

test('profiles on disk are default first, then the directories with SOUL.md in order', t => {
  const root = temporaryDirectory(t)
  for (const name of ['ops', 'coder', 'a1']) addProfile(root, name)
  mkdirSync(join(root, 'profiles', 'no-soul'))
  writeFileSync(join(root, 'profiles', 'a-file'), '')
  t.deepEqual(profilesOnDisk(root), {profiles: ['default', 'a1', 'coder', 'ops'], invalid: []})
})

test('a directory profiles/default is passed over', t => {
  const root = temporaryDirectory(t)
  addProfile(root, 'default')
  t.deepEqual(profilesOnDisk(root).profiles, ['default'])
})

test('a profile directory with an invalid name is listed as such and breaks nothing', t => {
  const root = temporaryDirectory(t)
  for (const name of ['Upper', 'coder', 'with space']) addProfile(root, name)
  t.deepEqual(profilesOnDisk(root), {profiles: ['default', 'coder'], invalid: ['Upper', 'with space']})
})

test('a root that is not there has no profiles', t => {
  t.deepEqual(profilesOnDisk(join(temporaryDirectory(t), 'none')), {profiles: [], invalid: []})
})

test('a root without named profiles has default alone', t => {
  t.deepEqual(profilesOnDisk(temporaryDirectory(t)), {profiles: ['default'], invalid: []})
})

const asOther = process.geteuid?.() === 0 ? test.serial : test
asOther('a profiles directory that cannot be read is an error, not an empty list', t => {
  const root = temporaryDirectory(t)
  mkdirSync(join(root, 'profiles'), {mode: 0o000})
  chmodSync(root, 0o755)
  const isRoot = process.geteuid?.() === 0
  try {
    if (isRoot) process.seteuid?.(65534)
    t.throws(() => profilesOnDisk(root), {code: 'EACCES'})
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})

test('a profile exists when its home has SOUL.md; default exists when the root does', t => {
  const root = temporaryDirectory(t)
  addProfile(root, 'coder')
  mkdirSync(join(root, 'profiles', 'empty'))
  t.true(profileExists(root, 'coder'))
  t.true(profileExists(root, 'default'))
  t.false(profileExists(root, 'empty'))
  t.false(profileExists(root, 'none'))
  t.false(profileExists(join(root, 'none'), 'default'))
})
