import test from 'ava'
import fc from 'fast-check'
import {EXTENSIONS, type LauncherSpec, renderLauncher, type ScriptEngine} from '../dist/launcher.js'
import {readCommandLine} from './command-line-readers.js'
import {assertGolden} from './golden.js'
import {CHOSEN, hostileText} from './hostile-texts.js'
import {runScript} from './script-host.js'

const NODE = String.raw`C:\Program Files\nodejs\node.exe`
const MAIN = String.raw`C:\Users\Ada Lovelace\AppData\Roaming\npm\node_modules\hermes-svc\main.js`

const LAUNCHER: LauncherSpec = {
  title: 'Starts the Hermes gateway coder without a window.',
  program: [NODE, '--max-semi-space-size=1', MAIN, String.raw`C:\Users\Ada Lovelace\.hermes\x`, '--if-wanted'],
  required: [NODE, MAIN],
  waits: true,
}

const HERE = {files: new Set([NODE, MAIN]), exitCode: 0}
const ENGINES = Object.keys(EXTENSIONS) as ScriptEngine[]

/** The words that a launcher of this program runs. */
function wordsRun(engine: ScriptEngine, program: readonly string[]): string[] {
  const text = renderLauncher(engine, {...LAUNCHER, program, required: [program[0] ?? '']})
  const {runs} = runScript(engine, text, {files: new Set(program), exitCode: 0})
  return readCommandLine(runs[0]?.line ?? '', 'CommandLineToArgvW')
}

for (const engine of ENGINES) {
  test(`a launcher is as it was: ${engine}`, t => {
    assertGolden(t, `launcher${EXTENSIONS[engine]}.txt`, renderLauncher(engine, LAUNCHER))
  })

  test(`it runs the program once, without a window: ${engine}`, t => {
    const {runs} = runScript(engine, renderLauncher(engine, LAUNCHER), HERE)
    t.is(runs.length, 1)
    t.like(runs[0], {window: 0, waits: true})
    t.deepEqual(readCommandLine(runs[0]?.line ?? '', 'CommandLineToArgvW'), LAUNCHER.program)
  })

  test(`one that waits ends with the exit code of the program: ${engine}`, t => {
    for (const exitCode of [0, 1, 75, -1073741510])
      t.is(runScript(engine, renderLauncher(engine, LAUNCHER), {...HERE, exitCode}).exitCode, exitCode)
  })

  test(`one that does not wait ends with 0: ${engine}`, t => {
    const {runs, exitCode} = runScript(engine, renderLauncher(engine, {...LAUNCHER, waits: false}), {
      ...HERE,
      exitCode: 75,
    })
    t.is(exitCode, 0)
    t.like(runs[0], {waits: false})
  })

  test(`without one of the files that it needs nothing is run: ${engine}`, t => {
    for (const files of [[], [NODE], [MAIN]])
      t.deepEqual(runScript(engine, renderLauncher(engine, LAUNCHER), {files: new Set(files), exitCode: 0}), {
        exitCode: 2,
        runs: [],
      })
  })

  test(`each of the hostile texts arrives as an argument and as the name of a program: ${engine}`, t => {
    for (const text of CHOSEN) t.deepEqual(wordsRun(engine, [NODE, text, text]), [NODE, text, text])
    for (const text of CHOSEN.filter(each => !each.includes('"'))) {
      const program = `C:\\${text}.exe`
      t.deepEqual(wordsRun(engine, [program]), [program])
    }
  })

  test(`any arguments arrive as they were: ${engine}`, t => {
    // Line ends and other controls as well: nothing keeps an argument from having them.
    const argument = fc.oneof(
      hostileText,
      fc.string({unit: 'binary'}).map(text => text.replaceAll('\0', '')),
    )
    fc.assert(
      fc.property(fc.array(argument, {maxLength: 6}), args => {
        t.deepEqual(wordsRun(engine, [NODE, ...args]), [NODE, ...args])
      }),
      {numRuns: 300},
    )
  })

  test(`it is lines of printable ASCII that end with CR and LF: ${engine}`, t => {
    const program = [NODE, ...CHOSEN, 'a\r\nb\tc\u0085']
    const text = renderLauncher(engine, {...LAUNCHER, program, required: program})
    t.regex(text, /^(?:[\x20-\x7e]*\r\n)+$/)
  })
}
