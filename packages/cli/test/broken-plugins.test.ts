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

const plugins: Broken[] = [
  {title: 'throws at import', module: "throw new Error('boom')", warning: /boom/},
  {title: 'has a syntax error', module: 'export const', warning: /bad@1\.0\.0 is not used/},
  {title: 'lacks its module', module: null, warning: /Cannot find module/},
  {title: 'lacks a dependency', module: "import 'no-such-package'", warning: /no-such-package/},
  {title: 'never ends its import', module: 'await new Promise(() => undefined)', warning: /import did not end within/},
  {title: 'never ends its import and has a timer', module: 'setInterval(() => undefined, 1000); await new Promise(() => undefined)', warning: /import did not end within/},
  {title: 'never ends its detection', module: `export const backend = {${shape}, detect: () => new Promise(() => undefined), create() {}}`, warning: /detect did not end within/},
  {title: 'throws in its detection', module: `export const backend = {${shape}, detect() { throw new Error('bang') }, create() {}}`, warning: /bang/},
  {title: 'answers its detection with nonsense', module: `export const backend = {${shape}, detect: async () => 'yes', create() {}}`, warning: /expected detection to be an object/},
  {title: 'exports nothing', module: '', warning: /expected an export named backend/},
  {title: 'exports another shape', module: "export const backend = {contract: 1, kind: 'bad'}", warning: /expected backend\.detect/},
  {title: 'exports another kind', module: `export const backend = {${shape}, kind: 'other', detect() {}, create() {}}`, warning: /expected backend\.kind/},
  {title: 'is for another contract', module: '', metadata: {contract: 2}, warning: /expected contract 1, got 2/},
  {title: 'has metadata of another shape', module: '', metadata: {priority: 'high'}, warning: /priority to be a number/},
  {title: 'is for another platform', module: "throw new Error('imported')", metadata: {platforms: ['plan9']}, warning: null},
] // prettier-ignore

for (const {title, module, metadata, warning} of plugins) {
  test(`a backend that ${title} is reported and passed over, and delays the host by its deadline at most`, async t => {
    const machine = new Machine(t)
    const root = machine.path('bad')
    mkdirSync(root)
    const backend = {
      contract: 1,
      kind: 'bad',
      priority: 99,
      platforms: [process.platform],
      module: './index.js',
      ...metadata,
    }
    const packageJson = {
      name: 'bad',
      version: '1.0.0',
      type: 'module',
      exports: './index.js',
      oclif: {},
      hermesSvc: {backend},
    }
    writeFileSync(join(root, 'package.json'), JSON.stringify(packageJson))
    if (module !== null) writeFileSync(join(root, 'index.js'), module)
    machine.link(root, toy)
    const begun = performance.now()
    const {code, stdout, stderr} = await machine.run(['gateway', 'list', '--json'])
    t.true(performance.now() - begun < 30_000)
    t.is(code, 0, stdout + stderr)
    const {backend: chosen, warnings} = JSON.parse(stdout) as {backend: string; warnings: string[]}
    t.is(chosen, 'toy')
    if (warning === null) t.deepEqual(warnings, [])
    else
      t.true(
        warnings.some(text => text.includes('bad') && warning.test(text)),
        warnings.join('\n'),
      )
  })
}

test('timers that a backend leaves behind do not keep the program alive', async t => {
  const machine = new Machine(t)
  const root = machine.path('bad')
  mkdirSync(root)
  const backend = {contract: 1, kind: 'bad', priority: 99, platforms: [process.platform], module: './index.js'}
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({
      name: 'bad',
      version: '1.0.0',
      type: 'module',
      exports: './index.js',
      oclif: {},
      hermesSvc: {backend},
    }),
  )
  writeFileSync(
    join(root, 'index.js'),
    `setInterval(() => undefined, 1000); export const backend = {${shape}, detect: async () => ({presence: 'absent', evidence: [], reason: 'no'}), create() {}}`,
  )
  machine.link(root, toy)
  const {code, signal} = await machine.run(['gateway', 'list', '--json'], {timeoutMs: 10_000})
  t.deepEqual([code, signal], [0, null])
})

test('of two installed backends of one kind neither is used, and both are named', async t => {
  const machine = new Machine(t)
  const roots = ['one', 'two'].map(name => {
    const root = machine.path(name)
    mkdirSync(root)
    const backend = {contract: 1, kind: 'same', priority: 99, platforms: [process.platform], module: './index.js'}
    writeFileSync(
      join(root, 'package.json'),
      JSON.stringify({name, version: '1.0.0', type: 'module', exports: './index.js', oclif: {}, hermesSvc: {backend}}),
    )
    writeFileSync(join(root, 'index.js'), "throw new Error('imported')")
    return root
  })
  machine.link(...roots, toy)
  const {stdout} = await machine.run(['backend', 'list', '--json'])
  const {candidates, warnings} = JSON.parse(stdout) as {candidates: {kind: string}[]; warnings: string[]}
  t.false(candidates.some(({kind}) => kind === 'same'))
  t.true(
    warnings.some(text => text.includes('one') && text.includes('two')),
    warnings.join('\n'),
  )
})

test('a plugin whose hook never ends is a failure with a message, not a silent success', async t => {
  const machine = new Machine(t)
  const root = machine.path('bad')
  mkdirSync(root)
  const packageJson = {name: 'bad', version: '1.0.0', type: 'module', oclif: {hooks: {init: './hook.js'}}}
  writeFileSync(join(root, 'package.json'), JSON.stringify(packageJson))
  writeFileSync(join(root, 'hook.js'), 'await new Promise(() => undefined); export default () => undefined')
  machine.link(root, toy)
  const {code, stdout} = await machine.run(['gateway', 'list', '--json'])
  t.is(code, 1)
  t.like(JSON.parse(stdout), {error: {code: 'HSVC_INTERNAL', exitCode: 1}})
})
