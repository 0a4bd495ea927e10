import {spawnSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import fc from 'fast-check'
import {
  type EnvironmentHeader,
  parseEnvironmentHeader,
  renderEnvironmentFile,
  unsettableKey,
} from '../dist/environment-file.js'
import {DASH, why, withDash} from './dash.js'
import {CHOSEN, hostileEnvironment} from './hostile-texts.js'
import {temporaryDirectory} from './temporary-directory.js'

const HEADER: EnvironmentHeader = {
  specHash: 'ab12',
  port: 8642,
  autostart: true,
  ownCommand: false,
  throttleSeconds: 10,
  cleanExitCodes: [0],
  digest: 'd1',
}
const HEADER_LINE =
  '# hermes-svc {"specHash":"ab12","port":8642,"autostart":true,"ownCommand":false,"throttleSeconds":10,"cleanExitCodes":[0],"digest":"d1"}'

test('the values are exported in single quotes, sorted by name, after a header', t => {
  t.is(
    renderEnvironmentFile({ZED: '1', ABLE: '', _x: 'a b'}, HEADER),
    `${HEADER_LINE}\nexport ABLE=''\nexport ZED='1'\nexport _x='a b'\n`,
  )
  t.is(renderEnvironmentFile({}, HEADER), `${HEADER_LINE}\n`)
})

test('only single quotes leave the quotes', t => {
  const line = (value: string): string => renderEnvironmentFile({K: value}, HEADER).slice(HEADER_LINE.length + 1)
  t.is(line("it's"), "export K='it'\\''s'\n")
  t.is(line('$HOME `id` "q" \\ # ;'), 'export K=\'$HOME `id` "q" \\ # ;\'\n')
  t.is(line('a\nINJECTED=1\r\n'), "export K='a\nINJECTED=1\r\n'\n")
})

test('the order of the environment makes no difference', t => {
  const one = renderEnvironmentFile({A: '1', B: '2', a: '3'}, HEADER)
  t.is(renderEnvironmentFile({a: '3', B: '2', A: '1'}, HEADER), one)
})

test('the header is read back from any file that was rendered', t => {
  const header = fc.record({
    specHash: fc.stringMatching(/^[0-9a-f]{32}$/),
    port: fc.option(fc.integer({min: 1, max: 65_535})),
    autostart: fc.boolean(),
    ownCommand: fc.boolean(),
    throttleSeconds: fc.integer({min: 0, max: 3600}),
    cleanExitCodes: fc.array(fc.integer({min: 0, max: 255})),
    digest: fc.stringMatching(/^[0-9a-f]{16}$/),
  })
  fc.assert(
    fc.property(hostileEnvironment, header, (env, told) => {
      t.deepEqual(parseEnvironmentHeader(renderEnvironmentFile(env, told)), told)
    }),
  )
})

test('a file without a header of ours says nothing', t => {
  const begin = '# hermes-svc '
  const others = ['', "export A='1'\n", '# a comment\n', `export A='1'\n${HEADER_LINE}\n`, ` ${HEADER_LINE}\n`, begin]
  for (const text of [...others, ...['{', 'null', '7', '[]', '{}', '"x"'].map(json => `${begin}${json}\n`)])
    t.is(parseEnvironmentHeader(text), null, text)
})

test('a header that lacks a field, or has one of another type, says nothing', t => {
  t.deepEqual(parseEnvironmentHeader(HEADER_LINE), HEADER)
  for (const key of Object.keys(HEADER)) {
    for (const value of [undefined, {}, ...(key === 'port' ? ['80'] : [null])]) {
      const text = `# hermes-svc ${JSON.stringify({...HEADER, [key]: value})}\n`
      t.is(parseEnvironmentHeader(text), null, text)
    }
  }
})

/** The environment that a program gets from a dash that has read the file; null where dash gave up. */
function environmentThrough(path: string, file: string): Record<string, string> | null {
  writeFileSync(path, file)
  const script = 'unset PWD; . "$0"; exec /usr/bin/env -0'
  const {status, stdout} = spawnSync(DASH, ['-c', script, path], {
    env: {},
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  if (status !== 0) return null
  const entries = stdout.split('\0').slice(0, -1)
  return Object.fromEntries(entries.map(entry => [entry.split('=', 1)[0] ?? '', entry.replace(/^[^=]*=/, '')]))
}

function assertArrives(t: ExecutionContext, path: string, env: Readonly<Record<string, string>>): void {
  t.deepEqual(environmentThrough(path, renderEnvironmentFile(env, HEADER)), env)
}

withDash(`each of the hostile texts is read by dash as it was${why}`, t => {
  const path = join(temporaryDirectory(t), 'environment')
  assertArrives(t, path, Object.fromEntries(CHOSEN.map((text, index) => [`K${String(index)}`, text])))
})

withDash(`any environment is read by dash as it was${why}`, t => {
  const path = join(temporaryDirectory(t), 'environment')
  fc.assert(
    fc.property(hostileEnvironment, env => {
      assertArrives(t, path, env)
    }),
    {numRuns: 200},
  )
})

/** Values that are special to some variable: a path, a number, a list, none. */
const VALUES = ['', '7', 'a b', '/x:y', '*', "it's; $HOME\n\\"]

/** Names that dash, or another shell, sets or gives a meaning to, and those that Hermes is given. */
const NAMES = [
  ...['ATTY', 'CDPATH', 'COLUMNS', 'ENV', 'EUID', 'FCEDIT', 'FUNCNAME', 'GROUPS', 'HISTSIZE', 'HOME', 'IFS', 'LANG'],
  ...['LC_ALL', 'LC_CTYPE', 'LINENO', 'LOGNAME', 'MAIL', 'MAILCHECK', 'MAILPATH', 'OLDPWD', 'OPTARG', 'OPTERR', 'PATH'],
  ...['PPID', 'PS1', 'PS2', 'PS4', 'PWD', 'RANDOM', 'SECONDS', 'SHELL', 'SHELLOPTS', 'SHLVL', 'TERM', 'TMPDIR', 'UID'],
  ...['USER', '_', '__CF_USER_TEXT_ENCODING', 'XPC_SERVICE_NAME', 'if', 'do', 'export', 'path'],
  ...['HERMES_HOME', 'HERMES_PROFILE', 'HERMES_SUPERVISED_CHILD', 'API_SERVER_PORT', 'PYTHONUNBUFFERED', 'VIRTUAL_ENV'],
]

withDash(`a name arrives with any value unless it is one of those that cannot be set${why}`, t => {
  const path = join(temporaryDirectory(t), 'environment')
  for (const name of NAMES) t.false(unsettableKey(name), name)
  for (const value of VALUES) assertArrives(t, path, Object.fromEntries(NAMES.map(name => [name, value])))
})

withDash(`the name that cannot be set does not arrive${why}`, t => {
  const path = join(temporaryDirectory(t), 'environment')
  t.true(unsettableKey('OPTIND'))
  t.is(environmentThrough(path, renderEnvironmentFile({OPTIND: 'a'}, HEADER)), null)
})
