import {spawnSync} from 'node:child_process'
import test from 'ava'
import fc from 'fast-check'
import {isExportable, quoteWord, quoteWords} from '../dist/shell-words.js'
import {type Shell, SHELLS} from './shells.js'
import {anyText, shellText} from './slot-directory.js'

function runScript({command: [file = '', ...options]}: Shell, script: string) {
  // A bash whose standard input is a socket takes itself for one of rshd, and reads ~/.bashrc.
  return spawnSync(file, [...options, '-c', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    cwd: '/',
    env: {PATH: '/usr/bin:/bin'},
  })
}

test('a word with nothing special in it stays as it is; any other is in single quotes', t => {
  for (const word of ['hermes', '-p', '/opt/hermes/bin/hermes', 'a:b', 'x@y%z+1,2']) t.is(quoteWord(word), word)
  t.is(quoteWord(''), "''")
  t.is(quoteWord('A=B'), "'A=B'")
  t.is(quoteWord('~'), "'~'")
  t.is(quoteWord("it's"), "'it'\\''s'")
  t.is(quoteWord('line\n'), "'line\n'")
  t.is(quoteWord('é'), "'é'")
  t.is(quoteWords(['a', 'b c']), "a 'b c'")
})

for (const shell of SHELLS) {
  test(`any words are read back by ${shell.name} byte for byte`, t => {
    const words = fc.array(fc.oneof(anyText, shellText), {minLength: 1, maxLength: 100})
    fc.assert(
      fc.property(words, list => {
        const {stdout, stderr} = runScript(shell, `printf '%s\\0' ${quoteWords(list)}`)
        t.is(stderr, '')
        t.deepEqual(stdout.split('\0').slice(0, -1), list)
      }),
      {numRuns: 40},
    )
  })
}

/** Values that are special to some variable: a path, a number, a list, none. */
const VALUES = ['', '7', 'a b', '/x:y', '*', "it's; $HOME\n\\"]

/** Whether every value of a variable reaches a program that the shell starts as our scripts do. */
function arrives(shell: Shell, name: string): boolean {
  return VALUES.every(value => {
    const script = `export ${name}=${quoteWord(value)}\ncd / || exit 111\nexec /bin/cat /proc/self/environ`
    return runScript(shell, script).stdout.split('\0').includes(`${name}=${value}`)
  })
}

const OF_BASH = [
  ...['BASHOPTS', 'BASHPID', 'BASH_VERSINFO', 'DIRSTACK', 'EPOCHREALTIME', 'EPOCHSECONDS', 'EUID', 'FUNCNAME'],
  ...['GROUPS', 'HISTCMD', 'LINENO', 'PPID', 'RANDOM', 'SECONDS', 'SHELLOPTS', 'SHLVL', 'SRANDOM', 'UID', '_'],
]
const OF_ALL = ['OLDPWD', 'PWD']

/** Names that look as if a shell had its own idea of them, and has none that is in the way of a value. */
const ORDINARY = [
  ...['CDPATH', 'COLUMNS', 'EDITOR', 'ENV', 'FUNCNEST', 'GLOBIGNORE', 'HISTFILE', 'HISTSIZE', 'HOME', 'HOSTNAME'],
  ...['IGNOREEOF', 'LANG', 'LC_ALL', 'LC_CTYPE', 'LINES', 'LOGNAME', 'MAIL', 'MAILCHECK', 'MAILPATH', 'MAPFILE'],
  ...['OPTARG', 'OPTERR', 'PATH', 'PIPESTATUS', 'POSIXLY_CORRECT', 'PROMPT_COMMAND', 'PS1', 'PS2', 'PS4', 'REPLY'],
  ...['SHELL', 'TERM', 'TIMEFORMAT', 'TMOUT', 'TMPDIR', 'TZ', 'USER', 'path', 'status', 'if', 'do', 'export'],
]

for (const shell of SHELLS) {
  test(`a name that may be exported arrives through ${shell.name} with any value`, t => {
    for (const name of ORDINARY) {
      t.true(isExportable(name), name)
      t.true(arrives(shell, name), name)
    }
  })

  test(`each name that is refused because of what ${shell.name} does with it does not arrive`, t => {
    const ofDash = ['dash', 'bash --posix'].includes(shell.name) ? ['OPTIND'] : []
    for (const name of [...OF_ALL, ...ofDash, ...(shell.name.startsWith('bash') ? OF_BASH : [])]) {
      t.false(isExportable(name), name)
      t.false(arrives(shell, name), name)
    }
  })
}

test('IFS is refused: it would arrive, but what a script expands after it falls apart elsewhere', t => {
  t.false(isExportable('IFS'))
  for (const shell of SHELLS) t.is(runScript(shell, 'export IFS=/; set -- $PATH; echo $#').stdout, '4\n', shell.name)
})
