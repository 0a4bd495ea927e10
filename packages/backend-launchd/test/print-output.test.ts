import {readFileSync} from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import {parsePrintOutput} from '../dist/print-output.js'
import {hostileText} from './hostile-texts.js'

/** What `launchctl print` gave for a job, as a version of macOS writes it. */
function fixture(name: string): string {
  return readFileSync(new URL(`../test/fixtures/print.${name}.txt`, import.meta.url), 'utf8')
}

const LAUNCHER = '/Users/ada/.hermes/hermes-svc/gateways/coder/launchd/hermes-gateway-coder'
const PLIST = '/Users/ada/Library/LaunchAgents/ai.hermes-svc.coder.plist'

test('a job that runs is read, and nothing from a block inside of its own', t => {
  t.deepEqual(parsePrintOutput(fixture('running')), {
    state: 'running',
    pid: 48_211,
    runs: 3,
    lastExit: {code: null, signal: 'SIGKILL'},
    arguments: [
      ...[LAUNCHER, 'ab12cd34ef56', '78', '/opt/homebrew/bin/hermes', '-p', 'coder', 'gateway', 'run'],
      ...['', ' a  b ', 'it\'s "quoted" = {'],
    ],
    path: PLIST,
    exitTimeoutSeconds: 60,
  })
})

test('a job that waits for its next start has no pid, and the code of its last end', t => {
  t.deepEqual(parsePrintOutput(fixture('scheduled')), {
    state: 'spawn scheduled',
    pid: null,
    runs: 22_138,
    lastExit: {code: 78, signal: null},
    arguments: [LAUNCHER, 'ab12cd34ef56', '-', '/opt/homebrew/bin/hermes'],
    path: PLIST,
    exitTimeoutSeconds: 60,
  })
})

test('what earlier versions of macOS print, without a domain in the title, is read as well', t => {
  t.deepEqual(parsePrintOutput(fixture('mojave')), {
    state: 'running',
    pid: 3087,
    runs: 1,
    lastExit: null,
    arguments: [LAUNCHER, 'ab12cd34ef56', '78', '/usr/local/bin/hermes'],
    path: PLIST,
    exitTimeoutSeconds: 60,
  })
})

/** A job of a few lines. */
function print(...lines: string[]): string {
  return ['gui/501/x = {', '\tstate = running', ...lines, '}', ''].join('\n')
}

test('what is not told is null', t => {
  const nothing = {
    state: 'running',
    pid: null,
    runs: null,
    lastExit: null,
    arguments: null,
    path: null,
    exitTimeoutSeconds: null,
  }
  t.deepEqual(parsePrintOutput(print()), nothing)
  t.deepEqual(parsePrintOutput(print('\tpid = (none)', '\truns = -1', '\tpid = 12x', '\tlast exit code = ?')), nothing)
})

test('how it ended last is told in several ways', t => {
  const ended = (line: string) => parsePrintOutput(print(`\t${line}`))?.lastExit
  t.deepEqual(ended('last exit code = 0'), {code: 0, signal: null})
  t.deepEqual(ended('last exit code = 78: EX_CONFIG'), {code: 78, signal: null})
  t.deepEqual(ended('last exit status = 3'), {code: 3, signal: null})
  t.is(ended('last exit code = (never exited)'), null)
  t.is(ended('last exit code = never exited'), null)
  t.is(ended('last exit reason = OS_REASON_CODESIGNING'), null)
  t.deepEqual(ended('last terminating signal = Segmentation fault: 11'), {code: null, signal: 'SIGSEGV'})
  t.deepEqual(ended('last terminating signal = User defined signal 1: 30'), {code: null, signal: 'SIGUSR1'})
  t.deepEqual(ended('last terminating signal = Unknown signal: 33'), {code: null, signal: 'SIG33'})
})

test('a signal outranks a code that is told beside it', t => {
  const both = ['\tlast exit code = 0', '\tlast terminating signal = Terminated: 15']
  t.deepEqual(parsePrintOutput(print(...both))?.lastExit, {code: null, signal: 'SIGTERM'})
})

test('what launchctl does not print for a job is null', t => {
  const others = ['', '\n', '}', 'gui/501/x = {\n}\n', 'gui/501/x = {\n\tstate = running\n', '\tstate = running\n}\n']
  for (const text of [
    ...others,
    'Could not find service "x" in domain for user gui: 501\n',
    'a\n\tstate = running\n}\n',
  ])
    t.is(parsePrintOutput(text), null, text)
  t.is(parsePrintOutput('gui/501 = {\n\ttype = user\n\tservices = {\n\t\tstate = running\n\t}\n}\n'), null)
})

/** A job with these arguments, as launchctl prints it: with nothing escaped. */
function printArguments(argv: readonly string[], ...after: string[]): string {
  const block = ['\targuments = {', ...argv.map(argument => `\t\t${argument}`), '\t}', '']
  return print('\tpath = /p', '', ...block, '\tenvironment = {', '\t\tA => 1', '\t}', '', '\truns = 4', ...after)
}

test('arguments without line ends are read as they are', t => {
  const line = hostileText.map(text => text.replaceAll('\n', ''))
  fc.assert(
    fc.property(fc.array(line), argv => {
      t.deepEqual(parsePrintOutput(printArguments(argv))?.arguments, argv)
    }),
  )
})

test('arguments with a line end that shows are not told', t => {
  for (const argument of [
    'a\nb',
    '\n',
    'a\n',
    'a\n\tb',
    'a\n\t}',
    '\n\t}\n\tpid = 1',
    '\n\t}\n\n\targuments = {\n\t\tx',
  ]) {
    for (const argv of [[argument], ['x', argument, 'y']])
      t.is(parsePrintOutput(printArguments(argv))?.arguments, null, JSON.stringify(argument))
  }
})

test('a line end with two tabs behind it reads as the end of an argument', t => {
  t.deepEqual(parsePrintOutput(printArguments(['a\n\t\tb']))?.arguments, ['a', 'b'])
})

test('whatever the arguments are, state, path and what is counted are the job’s', t => {
  const forged = fc.constantFrom(
    ...['\n\t}\n\tpid = 1\n\truns = 99\n\tstate = not running\n\tpath = /q', '\n\t}\n\tlast exit code = 9', '\n}'],
    ...['\n\tpid = 1', 'pid = 1\n\t\tpid = 1', '\n\t}\n\tenvironment = {'],
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(forged, hostileText)), argv => {
      const up = parsePrintOutput(printArguments(argv, '\tpid = 77', '\tlast exit code = 3'))
      t.like(up, {state: 'running', path: '/p', pid: 77, runs: 4, lastExit: {code: 3, signal: null}})
      t.like(parsePrintOutput(printArguments(argv)), {state: 'running', path: '/p', pid: null, runs: 4, lastExit: null})
    }),
  )
})

test('what is counted is read behind all that the arguments can pretend', t => {
  const pretending = '\n\t}\n\tpid = 1\n\tlast exit code = 9\n\tenvironment = {'
  const printed = parsePrintOutput(printArguments([pretending], '\tpid = 77', '\tlast exit code = 3'))
  t.like(printed, {pid: 77, lastExit: {code: 3, signal: null}})
})

test('no text makes it throw', t => {
  const lines = fc.array(
    fc.oneof(hostileText, fc.constantFrom('\t}', '}', '\targuments = {', '\t\tx', '\tpid = 7', '')),
  )
  fc.assert(
    fc.property(lines, between => {
      t.notThrows(() => parsePrintOutput(between.join('\n')))
      t.is(parsePrintOutput(print(...between.map(line => line.replaceAll('\n', ''))))?.state, 'running')
    }),
  )
})
