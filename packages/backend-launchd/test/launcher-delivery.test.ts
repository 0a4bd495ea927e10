import {spawnSync} from 'node:child_process'
import type {ExecutionContext} from 'ava'
import fc from 'fast-check'
import {DASH, why, withDash} from './dash.js'
import {CHOSEN, hostileEnvironment, hostileText} from './hostile-texts.js'
import {DEFINITION, LauncherDirectory} from './launcher-directory.js'

/** Programs that print what they were given, each value with a NUL behind it. */
const SHOW_ARGUMENTS = ['/usr/bin/printf', '%s\\0']
const SHOW_ENVIRONMENT = ['/usr/bin/env', '-0']

function assertArguments(t: ExecutionContext, directory: LauncherDirectory, given: readonly string[]): void {
  const {stdout, stderr} = directory.start([...SHOW_ARGUMENTS, ...given])
  t.is(stderr, '')
  t.deepEqual(stdout.split('\0').slice(0, -1), given)
}

type Environment = Readonly<Record<string, string>>

function assertEnvironment(
  t: ExecutionContext,
  directory: LauncherDirectory,
  own: Environment,
  inherited: Environment,
) {
  directory.setEnvironment(own)
  const {stdout, stderr} = directory.start(SHOW_ENVIRONMENT, {inherited})
  t.is(stderr, '')
  const expected = Object.entries({...inherited, ...own}).map(([key, value]) => `${key}=${value}`)
  t.deepEqual(stdout.split('\0').slice(0, -1).sort(), expected.sort())
}

withDash(`each of the hostile texts arrives as an argument byte for byte${why}`, t => {
  const directory = new LauncherDirectory(t)
  for (let from = 0; from < CHOSEN.length; from += 100) assertArguments(t, directory, CHOSEN.slice(from, from + 100))
})

withDash(`any arguments arrive byte for byte${why}`, t => {
  const directory = new LauncherDirectory(t)
  fc.assert(
    fc.property(fc.array(hostileText, {minLength: 1, maxLength: 40}), given => {
      assertArguments(t, directory, given)
    }),
    {numRuns: 100},
  )
})

withDash(`bytes that are no text arrive as arguments and in the environment as they are${why}`, t => {
  const {launcher} = new LauncherDirectory(t)
  const bytes = Array.from({length: 255}, (_, index) => `\\${(index + 1).toString(8).padStart(3, '0')}`).join('')
  const script = `all=$(printf '${bytes}.'); export all; exec "$0" ${DEFINITION} - "$@" "$all"`
  const program = ['/bin/dash', '-c', 'printf "%s\\0" "$1"; exec /usr/bin/env -0', 'dash']
  const {stdout} = spawnSync(DASH, ['-c', script, launcher, ...program], {env: {}})
  const all = Buffer.from([...Array.from({length: 255}, (_, index) => index + 1), 0x2e])
  t.deepEqual(stdout.subarray(0, 257), Buffer.concat([all, Buffer.from([0])]))
  t.true(stdout.subarray(257).includes(Buffer.concat([Buffer.from('all='), all, Buffer.from([0])])))
})

withDash(`each of the hostile texts arrives in the environment byte for byte${why}`, t => {
  const named = (prefix: string) => Object.fromEntries(CHOSEN.map((text, index) => [`${prefix}${String(index)}`, text]))
  assertEnvironment(t, new LauncherDirectory(t), named('K'), named('INHERITED_'))
})

withDash(`the environment is what launchd has and what the file has, which wins, and nothing else${why}`, t => {
  const directory = new LauncherDirectory(t)
  fc.assert(
    fc.property(hostileEnvironment, hostileEnvironment, (own, inherited) => {
      assertEnvironment(t, directory, own, inherited)
    }),
    {numRuns: 100},
  )
})

/** What the launcher calls its own, and what means something to a shell. */
const NAMES = [
  ...['asked', 'deaths', 'header', 'note', 'note_start', 'is_number', 'parked', 'process', 'rest', 'serial'],
  ...['status', 'own', 'state', 'i', '_', 'ENV', 'PATH', 'PS4', 'CDPATH', 'HOME', 'LC_ALL', 'MAIL', 'TERM', 'OLDPWD'],
]
const OF_THE_FILE_ONLY = ['IFS', 'PPID', 'PWD']

/** Directories left by ways through the launcher that differ. */
const WAYS: Readonly<Record<string, (directory: LauncherDirectory) => void>> = {
  'the first start': () => undefined,
  'a start after a death': directory => {
    directory.leave('started', '4711 6 2\n')
    directory.answer('{\n\t"LastExitStatus" = 256;\n};\n')
  },
  'a start that was asked for': directory => {
    directory.leave('started', '4711 6 2\n')
    directory.leave('asked', '6 2\n')
  },
}

for (const [way, prepare] of Object.entries(WAYS)) {
  withDash(
    `at ${way} a variable with a name of the launcher’s or the shell’s reaches the gateway unchanged${why}`,
    t => {
      for (const value of ['', '6', '0', 'a b/c', '-', '*', '; exit 1']) {
        const named = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, value]))
        const directory = new LauncherDirectory(t)
        prepare(directory)
        const {pid} = directory.start(SHOW_ENVIRONMENT, {inherited: named(NAMES)})
        t.true(directory.note?.startsWith(`${String(pid)} `))
        for (const [own, inherited] of [
          [NAMES, []],
          [[], NAMES],
          [[...NAMES, ...OF_THE_FILE_ONLY], NAMES],
        ] as const) {
          prepare(directory)
          assertEnvironment(t, directory, named(own), named(inherited))
          assertArguments(t, directory, ['a b', '', `x${value}y/z`])
        }
      }
    },
  )
}
