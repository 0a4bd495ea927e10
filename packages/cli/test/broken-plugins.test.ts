import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {Machine, packageRoot} from './program.js'

const toy = join(packageRoot, 'test', 'fixtures', 'toy-backend')
const shape = `contract: 1, kind: 'bad', capabilities: (await import(${JSON.stringify(join(toy, 'index.js'))})).backend.capabilities`

interface Broken {
  readonly title: string
  /** Source of the module; null: there is none. */
  readonly module: string | null
  readonly metadata?: object
  /** What the warning says of it; null: it is no candidate here, so there is nothing to warn of. */
  readonly warning: RegExp | null
}

// One of each way in which the program has to go on; core's tests of the registry have the rest.
const plugins: Broken[] = [
  {title: 'throws at import', module: "throw new Error('boom')", warning: /boom/},
  {title: 'lacks its module', module: null, warning: /Cannot find module/},
  {title: 'never ends its import and has a timer', module: 'setInterval(() => undefined, 1000); await new Promise(() => undefined)', warning: /import did not end within/},
  {title: 'never ends its detection', module: `export const backend = {${shape}, detect: () => new Promise(() => undefined), create() {}}`, warning: /detect did not end within/},
  {title: 'exports another shape', module: "export const backend = {contract: 1, kind: 'bad'}", warning: /expected backend\.detect/},
  {title: 'is for another contract', module: '', metadata: {contract: 2}, warning: /expected contract 1, got 2/},
  {title: 'is for another platform', module: "throw new Error('imported')", metadata: {platforms: ['plan9']}, warning: null},
] // prettier-ignore

/** A package on disk, a backend of the kind `bad` unless `packageJson` says otherwise. */
function makePlugin(machine: Machine, module: string | null, packageJson: object = {}, name = 'bad'): string {
  const root = machine.path(name)
  mkdirSync(root)
  const hermesSvc = {
    backend: {contract: 1, kind: 'bad', priority: 99, platforms: [process.platform], module: './index.js'},
  }
  const whole = {name, version: '1.0.0', type: 'module', exports: './index.js', oclif: {}, hermesSvc, ...packageJson}
  writeFileSync(join(root, 'package.json'), JSON.stringify(whole))
  if (module !== null) writeFileSync(join(root, 'index.js'), module)
  return root
}

interface Listed {
  readonly backend: string
  readonly warnings: string[]
}

for (const {title, module, metadata, warning} of plugins) {
  test(`a backend that ${title} is reported and passed over, and delays the host by its deadline at most`, async t => {
    const machine = new Machine(t)
    const backend = {contract: 1, kind: 'bad', priority: 99, platforms: [process.platform], module: './index.js'}
    const root = makePlugin(machine, module, {hermesSvc: {backend: {...backend, ...metadata}}})
    machine.link(root, toy)
    const begun = performance.now()
    const {code, stdout, stderr} = await machine.run(['gateway', 'list', '--json'])
    t.true(performance.now() - begun < 30_000)
    t.is(code, 0, stdout + stderr)
    const {backend: chosen, warnings} = JSON.parse(stdout) as Listed
    t.is(chosen, 'toy')
    if (warning === null) t.deepEqual(warnings, [])
    else
      t.true(
        warnings.some(text => text.includes('bad') && warning.test(text)),
        warnings.join('\n'),
      )
  })
}

/** A backend that is absent, after its module did something that it should not. */
const absent = `export const backend = {${shape}, detect: async () => ({presence: 'absent', evidence: []}), create() {}}`

test('timers that a backend leaves behind do not keep the program alive', async t => {
  const machine = new Machine(t)
  machine.link(makePlugin(machine, `setInterval(() => undefined, 1000)\n${absent}`), toy)
  const {code, signal} = await machine.run(['gateway', 'list', '--json'], {timeoutMs: 60_000})
  t.deepEqual([code, signal], [0, null])
})

test('what a backend throws when nobody waits for it is a warning with its name', async t => {
  const machine = new Machine(t)
  const module = `Promise.reject(new Error('stray'))
    setTimeout(() => { throw new Error('late') })
    await new Promise(resolve => setTimeout(resolve, 20))
    ${absent}`
  machine.link(makePlugin(machine, module), toy)
  const {code, stdout} = await machine.run(['gateway', 'list', '--json'])
  t.is(code, 0)
  t.deepEqual((JSON.parse(stdout) as Listed).warnings, [
    'bad failed while nobody waited for it: stray',
    'bad failed while nobody waited for it: late',
  ])
})

test('what is thrown when nobody waits and cannot be traced ends the command, with one whole document', async t => {
  const machine = new Machine(t)
  const module = `Promise.reject('no error')\nawait new Promise(resolve => setTimeout(resolve, 1000))\n${absent}`
  machine.link(makePlugin(machine, module), toy)
  const {code, stdout} = await machine.run(['gateway', 'list', '--json'])
  t.is(code, 1)
  t.like(JSON.parse(stdout), {error: {code: 'HSVC_INTERNAL', exitCode: 1}})
})

for (const [where, module] of [
  ['its import', 'process.exit(0)'],
  ['its detection', `export const backend = {${shape}, detect() { process.exit(3) }, create() {}}`],
] as const) {
  test(`a backend that ends the program in ${where} is named, and never passes for success`, async t => {
    const machine = new Machine(t)
    machine.link(makePlugin(machine, module), toy)
    const json = await machine.run(['gateway', 'list', '--json'])
    t.is(json.code, 1)
    t.like(JSON.parse(json.stdout), {
      error: {
        code: 'HSVC_INTERNAL',
        message: 'bad ended the program before the command was done',
        hint: 'hermes-svc plugins uninstall bad',
      },
    })
    const {code, stderr} = await machine.run(['gateway', 'list'])
    t.deepEqual([code, stderr.includes('✗ bad ended the program')], [1, true])
  })
}

test('under --json the words of a plugin go to stderr, and its changes of the process to nobody', async t => {
  const machine = new Machine(t)
  const module = `console.log('hello'); process.stdout.write('again')
    process.env.PATH = '/nowhere'; process.chdir('/'); process.exitCode = 5
    ${absent}`
  machine.link(makePlugin(machine, module), toy)
  const argv = ['gateway', 'install', 'coder', '--no-start', '--json', '--', 'node']
  const {code, stdout, stderr} = await machine.run(argv)
  t.is(code, 0, stdout + stderr)
  t.like(JSON.parse(stdout), {gateways: [{profile: 'coder'}]})
  t.regex(stderr, /hello\nagain/)
})

test('what a backend says in a warning cannot speak to the terminal', async t => {
  const machine = new Machine(t)
  machine.link(makePlugin(machine, "throw new Error('\\u001b]0;title\\u0007\\u001b[2Jboom\\nand more')"), toy)
  const {stderr} = await machine.run(['gateway', 'list'])
  t.is(stderr, '! bad@1.0.0 is not used: boom and more\n')
})

test('of two installed backends of one kind neither is used, and both are named', async t => {
  const machine = new Machine(t)
  const roots = ['one', 'two'].map(name => makePlugin(machine, "throw new Error('imported')", {}, name))
  machine.link(...roots, toy)
  const {stdout} = await machine.run(['backend', 'list', '--json'])
  const {candidates, warnings} = JSON.parse(stdout) as {candidates: {kind: string}[]; warnings: string[]}
  t.false(candidates.some(({kind}) => kind === 'bad'))
  t.true(
    warnings.some(text => text.includes('one') && text.includes('two')),
    warnings.join('\n'),
  )
})

/** A plugin of oclif's that is no backend. */
function makeHook(machine: Machine, source: string): string {
  const root = makePlugin(machine, null, {hermesSvc: undefined, oclif: {hooks: {init: './hook.js'}}})
  writeFileSync(join(root, 'hook.js'), source)
  return root
}

test('a plugin whose hook never ends is a failure with a message, not a silent success', async t => {
  const machine = new Machine(t)
  machine.link(makeHook(machine, 'await new Promise(() => undefined); export default () => undefined'), toy)
  const {code, stdout} = await machine.run(['gateway', 'list', '--json'])
  t.is(code, 1)
  t.like(JSON.parse(stdout), {error: {code: 'HSVC_INTERNAL', exitCode: 1}})
})

test('a plugin whose hook throws or prints breaks nothing', async t => {
  const machine = new Machine(t)
  machine.link(makeHook(machine, "export default () => { console.log('hello'); throw new Error('boom') }"), toy)
  const {code, stdout} = await machine.run(['gateway', 'list', '--json'])
  t.is(code, 0)
  t.is((JSON.parse(stdout) as Listed).backend, 'toy')
})

test('a plugin whose commands cannot be loaded is told of in a line', async t => {
  const machine = new Machine(t)
  const root = makePlugin(machine, null, {hermesSvc: undefined, oclif: {commands: './commands'}})
  mkdirSync(join(root, 'commands'))
  writeFileSync(join(root, 'commands', 'broken.js'), "throw new Error('boom')")
  machine.link(root, toy)
  const {code, stderr} = await machine.run(['gateway', 'list'])
  t.is(code, 0)
  t.regex(stderr, /^! bad: boom$/m)
})

test('the commands for plugins work whatever a plugin does', async t => {
  const machine = new Machine(t)
  machine.link(makeHook(machine, 'process.exit(0)'))
  const {code, stdout} = await machine.run(['plugins', '--json'])
  t.is(code, 0)
  t.regex(stdout, /"bad"/)
})

for (const [what, contents, warning] of [
  ['is no JSON', '{"name": ', /lists no plugins that can be read/],
  ['lists what is no plugin', '{"oclif": {"plugins": [null]}}', /lists no plugins that can be read/],
  [
    'lists what is not there',
    '{"oclif": {"plugins": [{"name": "gone", "type": "user"}]}}',
    /^gone is not used: .*; hermes-svc plugins uninstall gone$/,
  ],
] as const) {
  test(`a data directory whose package.json ${what} is warned of, also by the doctor, and the command goes on`, async t => {
    const machine = new Machine(t)
    writeFileSync(machine.path('data', 'package.json'), contents)
    const listed = await machine.run(['gateway', 'list', '--json'])
    t.deepEqual([listed.code, listed.stderr], [0, ''])
    t.regex((JSON.parse(listed.stdout) as Listed).warnings[0] ?? '', warning)
    const {stdout} = await machine.run(['doctor', '--json'])
    const {findings} = JSON.parse(stdout) as {findings: {message: string}[]}
    t.true(findings.some(({message}) => warning.test(message)))
  })
}
