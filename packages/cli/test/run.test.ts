// What V8 made of a module is kept beside it.
import {execFileSync} from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import {createRequire} from 'node:module'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {packageRoot} from './program.js'

const DIGEST = '0123456789abcdef'

function moduleOf(code: string, digest = DIGEST): string {
  return `//${digest}\n(function (exports, require, module, __filename, __dirname, importModule, moduleUrlOf) {${code}})\n`
}

/** A package of its own with two modules, and what prints the number that they make. */
class Package {
  readonly root: string
  readonly modules: string

  constructor(t: ExecutionContext) {
    this.root = mkdtempSync(join(tmpdir(), 'hsvc-cli-'))
    t.teardown(() => {
      chmodSync(this.modules, 0o755)
      rmSync(this.root, {recursive: true})
    })
    this.modules = join(this.root, 'bundle', 'program')
    mkdirSync(this.modules, {recursive: true})
    mkdirSync(join(this.root, 'bin'))
    writeFileSync(join(this.root, 'package.json'), '{}')
    copyFileSync(join(packageRoot, 'bin', 'run.cjs'), join(this.root, 'bin', 'run.cjs'))
    this.write('one.cjs', 'exports.one = () => require("./two.cjs").two() + 1')
    this.write('two.cjs', 'exports.two = () => 2')
  }

  write(name: string, code: string, digest?: string): void {
    writeFileSync(join(this.modules, name), moduleOf(code, digest))
  }

  /** Prints it, in a process of its own. */
  run(command = 'list', uid?: number): string {
    const code = `const {load, keepCompiled} = require('./bin/run.cjs').modulesFor('${command}')
      process.stdout.write(String(load('one.cjs').one()))
      keepCompiled()`
    return execFileSync(process.execPath, ['-e', code], {cwd: this.root, encoding: 'utf8', uid})
  }

  get kept(): string[] {
    return readdirSync(this.modules).filter(name => !name.endsWith('.cjs'))
  }
}

const version = `${DIGEST}-${process.version}-${process.arch}`
const SOMEBODY = 12345
const asRoot = process.getuid?.() === 0 ? test : test.skip

test('what was compiled is kept once, for each command and each Node', t => {
  const made = new Package(t)
  t.is(made.run(), '3')
  t.deepEqual(made.kept, [`one.cjs.list-${version}`, `two.cjs.list-${version}`])
  const before = made.kept.map(name => readFileSync(join(made.modules, name)))
  t.is(made.run(), '3')
  t.deepEqual(
    made.kept.map(name => readFileSync(join(made.modules, name))),
    before,
  )
  t.is(made.run('status'), '3')
  t.is(made.kept.length, 4)
})

test('a module of the same length that is another one is compiled anew', t => {
  const made = new Package(t)
  made.run()
  made.write('two.cjs', 'exports.two = () => 7', DIGEST.replace('0', '1'))
  t.is(made.run(), '8')
})

test('what is damaged, or of another V8, is passed over', t => {
  const made = new Package(t)
  made.run()
  for (const name of made.kept) truncateSync(join(made.modules, name), 40)
  t.is(made.run(), '3')
  for (const name of made.kept) writeFileSync(join(made.modules, name), 'x'.repeat(4000))
  t.is(made.run(), '3')
})

asRoot('nothing is left in a directory of another account (as root only: it gives files away)', t => {
  const made = new Package(t)
  chownSync(made.modules, SOMEBODY, SOMEBODY)
  t.is(made.run(), '3')
  t.deepEqual(made.kept, [])
})

test('where nothing can be written it goes without', t => {
  const made = new Package(t)
  chmodSync(made.modules, 0o555)
  // Modes mean nothing to root.
  const uid = process.getuid?.() === 0 ? SOMEBODY : undefined
  if (uid !== undefined) for (const path of [made.root, made.modules]) chownSync(path, uid, uid)
  t.is(made.run('list', uid), '3')
  t.deepEqual(made.kept, [])
})

test('each module that is published loads', t => {
  const require = createRequire(import.meta.url)
  const {modulesFor} = require(join(packageRoot, 'bin', 'run.cjs')) as {
    modulesFor: (command: string) => {load: (name: string) => object}
  }
  const {load} = modulesFor('list')
  load('fast-entry.cjs')
  const names = readdirSync(join(packageRoot, 'bundle', 'program')).filter(name => name.endsWith('.cjs'))
  t.true(names.length > 10)
  for (const name of names) t.notThrows(() => load(name), name)
})
