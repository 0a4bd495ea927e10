// Runners on Windows, without the CLI: what they start, who has the gateway, and what is left. Under a newer Node than the
// other tests here.
import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import test from 'ava'
import {eventually} from '../../testing/dist/eventually.js'
import {whyNotWine} from './wine.js'
import {WineMachine, windowsPath} from './wine-machine.js'

const SCRIPT = fileURLToPath(new URL('../play-runner.js', import.meta.url))

const reason = whyNotWine()
const onWine = reason === '' ? test.serial : test.serial.skip
const skipped = reason === '' ? '' : ` (skipped: ${reason})`

let machine: WineMachine

if (reason === '') {
  test.before(async () => {
    machine = await WineMachine.start({}, '22.23.3')
  })
  test.after.always(() => {
    machine.remove()
  })
}

/** What play-runner.js does, by its words; gives what it found. */
async function play(...words: readonly string[]): Promise<unknown> {
  const {code, stdout, stderr} = await machine.node([windowsPath(SCRIPT), ...words])
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${String(code)}: ${stderr}`)
  return JSON.parse(stdout)
}

function define(name: string, argv: readonly string[], changes: object = {}): Promise<unknown> {
  writeFileSync(join(machine.directory, 'definition.json'), JSON.stringify({argv, ...changes}))
  return play('define', name, 'C:\\test\\definition.json')
}

// Those of windows.md's grammar first, then what Unicode and other shells find hard.
const WORDS = [
  'C:\\a b\\',
  'a\\"b',
  'a\\\\"b',
  '\\\\srv\\share\\',
  '',
  '"',
  'a""b',
  'a\\\\\\',
  ' ',
  '\t',
  'line\nend\r\n',
  '%PATH%',
  '!x!',
  '^&|<>()',
  "it's",
  '$(id)`x`',
  'ä😀\u202e',
  '\u0001\u001a\u007f',
  '--flag=a b',
  '*?',
]

onWine(`every argument reaches a program byte for byte${skipped}`, async t => {
  await define('words', machine.argv('words', ...WORDS), {env: {VALUE: WORDS.join('|')}})
  await play('launch', 'words')
  const word = await machine.word('words')
  t.deepEqual(word.args, WORDS)
  t.is(word.env['VALUE'], WORDS.join('|'))
  await play('stop', 'words')
})

onWine(`a batch file is run, and gets every argument that is not refused${skipped}`, async t => {
  const words = ['a b', '', '^&|<>()!', "it's", 'C:\\dir\\x', 'ä😀', '--flag=a;b,c']
  const node = machine.nodeProgram
  const lines = ['@echo off', `"${node}" "${machine.path('gateway.js')}" %*`, '']
  writeFileSync(join(machine.directory, 'my gateway.cmd'), lines.join('\r\n'))
  await define('batch', [machine.path('my gateway.cmd'), 'batch', ...words])
  await play('launch', 'batch')
  const {args, pid} = await machine.word('batch')
  t.deepEqual(args, words)
  machine.order('batch', 7)
  t.not((await machine.word('batch', pid)).pid, pid)
  t.like(await play('seen', 'batch'), {deaths: 1, lastExit: {code: 7, signal: null}})
})

onWine(`of many runners that are started at once one has the gateway${skipped}`, async t => {
  await define('many', machine.argv('many'))
  const seen = await play('race', 'many', '8')
  t.like(seen, {state: 'running', supervised: true})
  await eventually('the other runners have ended', () => machine.processes('main.js', 'many').length === 1)
  t.is(machine.gateways('many').length, 1)
  await play('stop', 'many')
  t.deepEqual([machine.processes('main.js', 'many'), machine.gateways('many')], [[], []])
})

onWine(`started at a logon, a runner ends at once unless its gateway is wanted${skipped}`, async t => {
  await define('resting', machine.argv('resting'))
  t.like(await play('if-wanted', 'resting'), {exitCode: 0, state: 'stopped'})
  await play('want', 'resting', 'up')
  t.like(await play('if-wanted', 'resting'), {exitCode: null, state: 'running', wanted: 'up'})
  t.like(await play('if-wanted', 'resting'), {exitCode: 0, state: 'running'})
  t.regex(((await play('want', 'resting', 'down')) as {error: string}).error, /is alive/)
  await play('stop', 'resting')
  t.like(await play('if-wanted', 'resting'), {exitCode: 0, state: 'stopped'})
})

onWine(`under a flood no line is lost while log files are rotated and read${skipped}`, async t => {
  const count = 20_000
  const script = `for (let n = 1; n <= ${String(count)}; n += 1) console.log('n' + n + ' ' + 'x'.repeat(90))`
  const logs = {directory: 'C:\\test\\flood-logs', files: 100, sizeBytes: 100_000}
  await define('flood', [machine.nodeProgram, '-e', script], {logs})
  t.like(await play('flood', 'flood'), {state: 'stopped', lastExit: {code: 0}})
  const directory = join(machine.directory, 'flood-logs')
  const names = readdirSync(directory).sort()
  t.true(names.length > 20)
  const lines = names.flatMap(name => readFileSync(join(directory, name), 'utf8').split('\n').slice(0, -1))
  // The runner's own words come after the gateway's.
  const said = lines.filter(line => !line.includes(' hermes-svc: '))
  t.deepEqual(
    said.map(line => Number(/^\S+ n(\d+) x{90}$/.exec(line)?.[1])),
    Array.from({length: count}, (_, index) => index + 1),
  )
})
