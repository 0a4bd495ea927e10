import {chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {accountNamed, accountOf, asAccount} from '@hermes-svc/core'
import {temporaryDirectory} from '../temporary-directory.js'

test('root is found by name and by uid', t => {
  const root = accountNamed('root')
  t.like(root, {name: 'root', uid: 0, gid: 0})
  t.true(root?.home.startsWith('/'))
  t.deepEqual(accountOf(0), root)
})

test('an account that is not there is null', t => {
  t.is(accountNamed('hermes-svc-no-such-account'), null)
  t.is(accountOf(4_000_000_123), null)
})

test('a name that is no name finds nobody', t => {
  for (const name of ['', 'root:x', 'root\n', '0', '--help', '-s']) t.is(accountNamed(name), null)
})

/** Directory Service of a Mac, of which /etc/passwd tells nothing. */
const MAC = {
  platform: 'darwin',
  run: (_file: string, args: readonly string[]): string => {
    if (args.at(-1) === 'ada' || args.at(-1) === '4000000501')
      return 'ada:********:4000000501:20::0:0:Ada Lovelace:/Users/ada:/bin/zsh\n'
    throw new Error('no such user')
  },
} as const

test('on macOS an account that is not in /etc/passwd is found by name and by uid', t => {
  const ada = {name: 'ada', uid: 4_000_000_501, gid: 20, home: '/Users/ada'}
  t.deepEqual(accountNamed('ada', MAC), ada)
  t.deepEqual(accountOf(4_000_000_501, MAC), ada)
  t.is(accountNamed('bob', MAC), null)
  t.is(accountNamed('4000000501', MAC), null)
})

test('for root itself, and without root, the action just runs', t => {
  const uid = process.geteuid?.() ?? 0
  t.is(
    asAccount(uid === 0 ? 0 : 65534, 0, () => process.geteuid?.()),
    process.geteuid?.(),
  )
})

const nobody = accountNamed('nobody')
if (process.geteuid?.() === 0 && nobody !== null) {
  const asNobody = <T>(action: () => T): T => asAccount(nobody.uid, nobody.gid, action)
  const rights = () => [process.geteuid?.(), process.getegid?.(), process.getgroups?.()]

  test.serial('files made as another account are that account’s', t => {
    const directory = temporaryDirectory(t)
    chmodSync(directory, 0o1777)
    const path = join(directory, 'file')
    asNobody(() => {
      writeFileSync(path, 'made')
    })
    t.is(statSync(path).uid, nobody.uid)
    t.is(statSync(path).gid, nobody.gid)
  })

  test.serial('a file of root’s cannot be read as another account, nor through a planted link', t => {
    const directory = temporaryDirectory(t)
    chmodSync(directory, 0o1777)
    mkdirSync(join(directory, 'secret'), {mode: 0o700})
    writeFileSync(join(directory, 'secret/file'), 'of root', {mode: 0o600})
    writeFileSync(join(directory, 'file'), 'of root', {mode: 0o600})
    asNobody(() => {
      symlinkSync('file', join(directory, 'planted'))
    })
    for (const name of ['file', 'secret/file', 'planted']) {
      t.throws(() => asNobody(() => readFileSync(join(directory, name), 'utf8')), {code: 'EACCES'})
      t.is(readFileSync(join(directory, name), 'utf8'), 'of root')
    }
  })

  test.serial('root’s groups do not reach into the action', t => {
    const directory = temporaryDirectory(t)
    writeFileSync(join(directory, 'file'), 'of the group root', {mode: 0o640})
    chmodSync(directory, 0o755)
    t.throws(() => asNobody(() => readFileSync(join(directory, 'file'))), {code: 'EACCES'})
    t.false((asNobody(() => process.getgroups?.()) ?? []).includes(0))
  })

  test.serial('an account that no database knows has its own group only', t => {
    t.deepEqual(
      asAccount(4_000_123, 4_000_456, () => [process.geteuid?.(), process.getegid?.()]),
      [4_000_123, 4_000_456],
    )
  })

  test.serial('the rights are back afterwards, also after a throw', t => {
    const before = rights()
    t.is(
      asNobody(() => process.geteuid?.()),
      nobody.uid,
    )
    t.deepEqual(rights(), before)
    t.throws(
      () =>
        asNobody(() => {
          throw new Error('no')
        }),
      {message: 'no'},
    )
    t.deepEqual(rights(), before)
  })

  test.serial('an asynchronous action is refused, since it would go on with root’s rights', t => {
    t.throws(() => asNobody(async () => Promise.resolve(1)), {code: 'HSVC_INTERNAL'})
  })
} else {
  test.skip('file work as another account (skipped: needs root and an account nobody)', t => {
    t.pass()
  })
}
