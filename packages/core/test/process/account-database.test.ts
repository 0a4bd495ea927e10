import test from 'ava'
import {passwdLine, shortenMasterLine} from '../../dist/process/account-database.js'

const MASTER = 'ada:********:501:20::0:0:Ada Lovelace:/Users/ada:/bin/zsh'

/** A Mac whose id(1) answers this, and the commands that were run there. */
function macOf(answer: string) {
  const commands: string[][] = []
  const run = (file: string, args: readonly string[]): string => {
    commands.push([file, ...args])
    return answer
  }
  return {database: {platform: 'darwin', run} as const, commands}
}

test('the account database is asked for accounts that are not in /etc/passwd', t => {
  t.regex(passwdLine('0') ?? '', /^root:[^:]*:0:0:/)
  t.is(passwdLine('hermes-svc-no-such-account'), null)
  t.is(passwdLine('--help'), null)
})

test('on macOS id is asked, and its line is shortened to one of passwd', t => {
  const {database, commands} = macOf(`${MASTER}\n`)
  t.is(passwdLine('ada', database), 'ada:********:501:20:Ada Lovelace:/Users/ada:/bin/zsh')
  t.is(passwdLine('501', database), 'ada:********:501:20:Ada Lovelace:/Users/ada:/bin/zsh')
  t.deepEqual(commands, [
    ['/usr/bin/id', '-P', 'ada'],
    ['/usr/bin/id', '-P', '501'],
  ])
})

test('on macOS a name that looks like an option is not asked for', t => {
  const {database, commands} = macOf(`${MASTER}\n`)
  for (const key of ['-', '-u', '--help', '-2']) t.is(passwdLine(key, database), null)
  t.deepEqual(commands, [])
})

test('on macOS an id that fails, or prints something else, knows no account', t => {
  const run = (): string => {
    throw new Error('id: ada: no such user')
  }
  t.is(passwdLine('ada', {platform: 'darwin', run}), null)
  for (const answer of ['', '\n', 'uid=501(ada) gid=20(staff)\n', 'ada:x:501:20:Ada:/Users/ada:/bin/zsh\n'])
    t.is(passwdLine('ada', macOf(answer).database), null, answer)
})

test('a line of master.passwd loses class, change and expire', t => {
  t.is(shortenMasterLine(MASTER), 'ada:********:501:20:Ada Lovelace:/Users/ada:/bin/zsh')
  t.is(shortenMasterLine('a:*:1:2:class:3:4::/:'), 'a:*:1:2::/:')
})

test('a uid that is printed as negative is the one that processes have', t => {
  t.is(
    shortenMasterLine('nobody:*:-2:-2::0:0:Unprivileged User:/var/empty:/usr/bin/false'),
    'nobody:*:4294967294:4294967294:Unprivileged User:/var/empty:/usr/bin/false',
  )
  t.is(shortenMasterLine('a:*:-2147483648:0::0:0::/:'), 'a:*:2147483648:0::/:')
  t.is(shortenMasterLine('a:*:-4294967296:0::0:0::/:'), 'a:*:-4294967296:0::/:')
})

test('a line with fewer or more fields is not one of master.passwd', t => {
  for (const line of ['', ':', MASTER.replace(':0:0:', ':0:'), `${MASTER}:`]) t.is(shortenMasterLine(line), null, line)
})
