import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, writeFileSync} from 'node:fs'
import {dirname} from 'node:path'
import test from 'ava'
import {Machine} from '../program.js'

const PROGRAMS = ['js', 'ts', 'cjs', 'mjs']

/** Every place where cosmiconfig or lilconfig looks by default, for our name and for their own. */
const traps = [
  ...PROGRAMS.flatMap(ext => [
    `.config/config.${ext}`,
    `.hermes-svcrc.${ext}`,
    `.config/hermes-svcrc.${ext}`,
    `hermes-svc.config.${ext}`,
  ]),
  ...PROGRAMS.map(ext => `config.${ext}`),
]
const data = [
  '.hermes-svcrc',
  '.hermes-svcrc.json',
  '.hermes-svcrc.yaml',
  '.hermes-svcrc.yml',
  '.config/hermes-svcrc',
  'hermes-svc.json',
  'hermes-svc.yaml',
  'config.json',
  'config.yaml',
]

test('nothing in the current directory is run, with and without a configuration file elsewhere', async t => {
  const machine = new Machine(t)
  machine.link()
  const marker = machine.path('ran')
  for (const [index, trap] of traps.entries()) {
    mkdirSync(dirname(machine.path('work', trap)), {recursive: true})
    const code = `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '${String(index)}')`
    const esm = `import {writeFileSync} from 'node:fs'; writeFileSync(${JSON.stringify(marker)}, '${String(index)}')`
    writeFileSync(machine.path('work', trap), trap.endsWith('cjs') || trap.endsWith('.js') ? code : esm)
  }
  writeFileSync(machine.path('config', 'config.yaml'), 'scope: user\n')
  const elsewhere = await machine.run(['gateway', 'list', '--json'])
  t.is(elsewhere.code, 0, elsewhere.stdout)
  const none = await machine.run(['gateway', 'list', '--json'], {env: {HERMES_SVC_CONFIG_DIR: machine.path('none')}})
  t.is(none.code, 0, none.stdout)
  t.false(existsSync(marker))
})

test('nothing in the current directory is read', async t => {
  if (process.platform === 'win32') return t.pass()
  const machine = new Machine(t)
  machine.link()
  mkdirSync(machine.path('work', '.config'))
  // Whoever opens a FIFO without a writer waits for ever.
  for (const name of [...data, 'package.json', 'package.yaml', '.config/config.json', '.config/config.yaml', '.env']) {
    execFileSync('mkfifo', [machine.path('work', name)])
  }
  writeFileSync(machine.path('config', 'config.yaml'), 'scope: user\n')
  const run = await machine.run(['config', 'show', '--json'], {timeoutMs: 60_000})
  t.is(run.signal, null)
  t.is(run.code, 0, run.stdout)
  const {values} = JSON.parse(run.stdout) as {values: {key: string; origin: string}[]}
  t.is(values.find(({key}) => key === 'scope')?.origin, machine.path('config', 'config.yaml'))
})

test('settings in the package.json of the current directory count for nothing', async t => {
  const machine = new Machine(t)
  writeFileSync(
    machine.path('work', 'package.json'),
    '{"hermes-svc": {"backend": "evil"}, "cosmiconfig": {"searchPlaces": ["x.js"]}}',
  )
  const {stdout} = await machine.run(['config', 'show', '--json'])
  t.false(stdout.includes('evil'))
})
