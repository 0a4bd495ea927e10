import {once} from 'node:events'
import {readFileSync, writeFileSync} from 'node:fs'
import {spawn} from 'node:child_process'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {setTimeout as sleep} from 'node:timers/promises'
import test, {type ExecutionContext} from 'ava'
import {Machine, packageRoot} from './program.js'

async function machineWithGateway(t: ExecutionContext): Promise<Machine> {
  const machine = new Machine(t)
  machine.link()
  const {code, stderr} = await machine.run(['gateway', 'install', 'coder', '--', 'node', '-e', '0'])
  t.is(code, 0, stderr)
  return machine
}

test('an old Node is refused with a plain sentence before anything else is loaded', async t => {
  const machine = new Machine(t)
  const fake = machine.path('fake.cjs')
  writeFileSync(fake, "Object.defineProperty(process, 'versions', {value: {...process.versions, node: '20.18.9'}})")
  const child = spawn(process.execPath, ['-r', fake, join(packageRoot, 'bin', 'run.cjs'), 'doctor'], {env: {}})
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  const [code] = (await once(child, 'close')) as [number]
  t.is(code, 1)
  t.is(stderr, 'hermes-svc needs Node 20.19 or newer; this is Node 20.18.9. Install a newer Node and try again.\n')
})

const asRoot = process.geteuid?.() === 0 ? test : test.skip
const why = process.geteuid?.() === 0 ? '' : ' (skipped: needs root)'

asRoot(`a uid without an account, as a container may have, can ask${why}`, async t => {
  const machine = new Machine(t)
  // No account of this machine, and a directory that it can enter.
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'run.cjs'), '--version'], {
    uid: 54_321,
    gid: 54_321,
    cwd: '/',
    env: {HOME: machine.path('home')},
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const [code] = (await once(child, 'close')) as [number]
  t.is(code, 0, output)
  t.regex(output, /^hermes-svc\//)
})

test('a verb answers in one line on stdout and nothing on stderr', async t => {
  const machine = await machineWithGateway(t)
  const {stdout, stderr} = await machine.run(['gateway', 'restart', 'coder'])
  t.regex(stdout, /^✓ coder running \(pid \d+, toy container\)\n$/)
  t.is(stderr, '')
})

test('gateway list and gateway:list are the same', async t => {
  const machine = await machineWithGateway(t)
  const [spaced, joined] = [await machine.run(['gateway', 'list']), await machine.run(['gateway:list'])]
  t.is(spaced.stdout, joined.stdout)
  t.regex(spaced.stdout, /^PROFILE +STATE.*\ncoder +running/)
})

test('--quiet leaves out what a verb has to say, but no error', async t => {
  const machine = await machineWithGateway(t)
  const quiet = await machine.run(['gateway', 'stop', 'coder', '--quiet'])
  t.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [0, '', ''])
  t.regex((await machine.run(['gateway', 'stop', 'nobody', '--quiet'])).stderr, /^✗/)
})

test('start --all starts every gateway, and --all with names is a usage error', async t => {
  const machine = await machineWithGateway(t)
  await machine.run(['gateway', 'install', 'ops', '--no-start', '--', 'node', '-e', '0'])
  const {stdout, code} = await machine.run(['gateway', 'start', '--all'])
  t.is(code, 0)
  t.deepEqual(stdout.match(/^✓ \w+ running/gm), ['✓ coder running', '✓ ops running'])
  t.is((await machine.run(['gateway', 'start', '--all', 'coder'])).code, 64)
})

test('a log is printed as it was written when stdout is no terminal', async t => {
  const machine = await machineWithGateway(t)
  const {stdout} = await machine.run(['gateway', 'logs', 'coder'])
  t.is(stdout, '2030-01-31T08:00:00.000Z \u001b[31mfirst\nsecond\n')
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends logs -f with exit code 130 and no complaint`, async t => {
    const machine = await machineWithGateway(t)
    const child = machine.spawn(['gateway', 'logs', 'coder', '-f'])
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    const lines = createInterface({input: child.stdout})
    await once(lines, 'line')
    child.kill(signal)
    t.deepEqual(await once(child, 'close'), [130, null], stderr)
    t.is(stderr, '')
  })
}

test('ctrl-C in the middle of a verb is undone and ends with exit code 130', async t => {
  const machine = await machineWithGateway(t)
  const child = machine.spawn(['gateway', 'install', 'slow', '--json', '--', 'node', 'hang'])
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  const defined = machine.path('root', 'hermes-svc', 'toy.json')
  const deadline = Date.now() + 60_000
  while (!readFileSync(defined, 'utf8').includes('hang') && Date.now() < deadline) await sleep(5)
  child.kill('SIGINT')
  t.deepEqual(await once(child, 'close'), [130, null])
  t.like(JSON.parse(stdout), {error: {code: 'HSVC_ABORTED', exitCode: 130}})
  t.false(readFileSync(defined, 'utf8').includes('hang'))
})

test('list --watch --json prints one document a line, and ends quietly when its reader goes', async t => {
  const machine = await machineWithGateway(t)
  const child = machine.spawn(['gateway', 'list', '--watch', '--json'])
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  const lines = createInterface({input: child.stdout})
  const [line] = (await once(lines, 'line')) as [string]
  t.like(JSON.parse(line), {schemaVersion: 1, gateways: [{profile: 'coder'}]})
  lines.close()
  child.stdout.destroy()
  t.deepEqual(await once(child, 'close'), [0, null])
  t.is(stderr, '')
})

test('an unknown command is told once, with the nearest one, and nobody is asked', async t => {
  const {code, stdout, stderr} = await new Machine(t).run(['gateway', 'lsit'])
  t.is(code, 64)
  t.is(stdout, '')
  t.is(
    stderr,
    '✗ "gateway lsit" is not a command. Did you mean hermes-svc gateway list? See hermes-svc gateway --help\n',
  )
})

test('--version and help go to stdout with exit code 0', async t => {
  const machine = new Machine(t)
  t.regex((await machine.run(['--version'])).stdout, /^hermes-svc\/\d+\.\d+\.\d+ /)
  const help = await machine.run(['help', 'gateway', 'install'])
  t.deepEqual([help.code, help.stderr], [0, ''])
  t.regex(help.stdout, /USAGE/)
})

test('version says what --version says, and with --json the same by parts', async t => {
  const machine = new Machine(t)
  const short = await machine.run(['--version'])
  const whole = await machine.run(['version'])
  t.deepEqual([whole.code, whole.stdout, whole.stderr], [0, short.stdout, ''])
  const {code, stdout} = await machine.run(['version', '--json'])
  t.is(code, 0)
  const {cliVersion, architecture, nodeVersion} = JSON.parse(stdout) as Record<string, string>
  t.is(`${cliVersion ?? ''} ${architecture ?? ''} ${nodeVersion ?? ''}\n`, short.stdout)
})

test('--verbose shows the code of an error', async t => {
  const machine = new Machine(t)
  machine.link()
  t.regex((await machine.run(['gateway', 'start', 'nobody', '--verbose'])).stderr, /code: HSVC_NOT_FOUND \(exit 4\)/)
})

test('a dry run touches nothing', async t => {
  const machine = new Machine(t)
  machine.link()
  const {code, stdout} = await machine.run(['gateway', 'install', 'coder', '--dry-run', '--', 'node', '-e', '0'])
  t.is(code, 0)
  t.regex(stdout, /^would install coder \(toy container\)\n/)
  t.regex((await machine.run(['gateway', 'list'])).stdout, /^no gateways/)
})

test('ordinary commands write nothing into the home', async t => {
  const machine = await machineWithGateway(t)
  await machine.run(['doctor'])
  const {readdirSync} = await import('node:fs')
  t.deepEqual(readdirSync(machine.path('home')), [])
})
