import test from 'ava'
import fc from 'fast-check'
import {batchRefusal, spawnCommand} from '../dist/batch-command.js'

const BATCH = 'C:\\Users\\ann\\AppData\\Roaming\\npm\\hermes.cmd'

test('a batch file is run by cmd.exe of the system, with each word in quotes and nothing expanded', t => {
  t.deepEqual(spawnCommand([BATCH, '-p', 'a b', '', '^&|<>()!'], 'win32', 'C:\\Windows'), {
    file: 'C:\\Windows\\System32\\cmd.exe',
    argv0: 'cmd.exe',
    args: [`/d /v:off /s /c ""${BATCH}" "-p" "a b" "" "^&|<>()!""`],
    windowsVerbatimArguments: true,
  })
})

test('any other program is run as it is, and every program where there is no Windows', t => {
  for (const [file, platform] of [
    ['C:\\x\\node.exe', 'win32'],
    ['C:\\x.cmd\\node', 'win32'],
    ['/opt/x.cmd', 'linux'],
  ] as const) {
    const argv = [file, '"%PATH%"\n']
    t.is(batchRefusal(argv, platform), null)
    t.deepEqual(spawnCommand(argv, platform, 'C:\\Windows'), {
      file,
      argv0: file,
      args: ['"%PATH%"\n'],
      windowsVerbatimArguments: false,
    })
  }
})

test('the name of a batch file counts in any case, and with the dots and blanks that Windows drops', t => {
  for (const file of ['C:\\x.CMD', 'C:\\x.Bat', 'C:\\x.bat.', 'C:\\x.cmd ', 'C:\\x.cmd. .'])
    t.regex(batchRefusal([file, '%'], 'win32') ?? '', /argv\[1\]/, file)
})

test('what cmd.exe cannot be given is refused with the field and the reason, and never with the value', t => {
  for (const [word, reason] of [
    ['say "hi"', /no ",/],
    ['100%', /no %,/],
    ['a\r', /line end/],
    ['a\nb', /line end/],
    ['a\u001ab', /control character/],
    ['C:\\dir\\', /no \\ at the end/],
  ] as const) {
    const got = batchRefusal([BATCH, 'x', word], 'win32') ?? ''
    t.regex(got, /^argv\[2\]: expected, /)
    t.regex(got, reason)
    t.false(got.includes('dir'))
  }
  t.regex(batchRefusal(['C:\\100%\\x.cmd'], 'win32') ?? '', /^argv\[0\]: /)
  t.is(batchRefusal([BATCH, 'a\tb', 'ä😀', "it's"], 'win32'), null)
})

test('a line may be as long as cmd.exe takes, and no longer', t => {
  const lengthOf = (argv: readonly string[]): number => spawnCommand(argv, 'win32', 'C:\\Windows').args[0]?.length ?? 0
  const room = 8191 - lengthOf([BATCH, ''])
  t.is(batchRefusal([BATCH, 'x'.repeat(room)], 'win32'), null)
  t.regex(batchRefusal([BATCH, 'x'.repeat(room + 1)], 'win32') ?? '', /^argv: .* 8191 .* 8192$/)
})

test('of a line that is not refused, cmd.exe in its quotes finds exactly the words', t => {
  fc.assert(
    fc.property(fc.array(fc.string({unit: 'binary', maxLength: 12}), {maxLength: 6}), words => {
      const argv = [BATCH, ...words]
      fc.pre(batchRefusal(argv, 'win32') === null)
      const [line = ''] = spawnCommand(argv, 'win32', 'C:\\Windows').args
      const inner = /^\/d \/v:off \/s \/c "(.*)"$/su.exec(line)?.[1] ?? ''
      t.deepEqual(
        [...inner.matchAll(/"([^"]*)"(?: |$)/gsu)].map(match => match[1]),
        argv,
      )
    }),
  )
})
