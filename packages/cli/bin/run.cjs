#!/usr/bin/env node
'use strict'
// CommonJS, since Node's loader for modules of ECMAScript costs a third of Node's own start, and in one file, since each more costs a
// millisecond. Whatever is loaded before this check, a Node that is too old dies in with a riddle.
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `hermes-svc needs Node 20.19 or newer; this is Node ${process.versions.node}. Install a newer Node and try again.`,
  )
  process.exit(1)
}

const {closeSync, fsyncSync, openSync, readSync, renameSync, statSync, writeSync} = require('node:fs')
const {join} = require('node:path')
const {pathToFileURL} = require('node:url')
const {Script} = require('node:vm')

// Loads the modules of bundle/program with what V8 made of them the last time, which is kept beside them as Python keeps
// __pycache__: to compile them anew takes half as long as Node's own start. Whoever can write there can change the modules too.
const DIRECTORY = join(__dirname, '..', 'bundle', 'program')

/** Where `scripts/bundle.js` writes a digest of a module: in a comment at its beginning. V8 itself compares lengths only. */
const DIGEST = [2, 18]

/** What a file is read into, again and again: memory that is touched for the first time costs more than to read it. */
let scratch = Buffer.allocUnsafeSlow(1024 * 1024)

/** The bytes of a file, until the next one is read; undefined where it is not there. */
function bytesOf(path) {
  let descriptor
  try {
    descriptor = openSync(path)
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
  try {
    let length = 0
    for (;;) {
      const read = readSync(descriptor, scratch, length, scratch.length - length, null)
      length += read
      if (read === 0 || length < scratch.length) return scratch.subarray(0, length)
      scratch = Buffer.concat([scratch], 2 * length)
    }
  } finally {
    closeSync(descriptor)
  }
}

function keep(script, path) {
  const temporary = `${path}.${process.pid}`
  const descriptor = openSync(temporary, 'wx', 0o644)
  try {
    writeSync(descriptor, script.createCachedData())
    // Renamed before its bytes are on the disk it may be found cut off after a crash.
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(temporary, path)
}

/** Scripts have no import() of their own. */
function importModule(specifier) {
  return import(specifier)
}

/** Where a package's own module is, a file: URL. The runner is found from the backends that start it, whose dependency it is. */
function moduleUrlOf(name) {
  const {resolve} = require
  const near = [__dirname]
  for (const user of ['@hermes-svc/backend-embedded', '@hermes-svc/backend-windows']) {
    try {
      near.push(resolve(user, {paths: [__dirname]}))
    } catch {
      // Not installed: then it starts no runner.
    }
  }
  return pathToFileURL(resolve(name, {paths: near})).href
}

/** What is being loaded from: a command of oclif's is one of the same modules. */
let current = null

/** esbuild writes ASCII alone, of which V8 keeps a byte for each character. */
function sourceOf(filename) {
  const bytes = bytesOf(filename)
  if (bytes !== undefined) return bytes.latin1Slice()
  console.error('hermes-svc is not built: run `npm run build` in its checkout.')
  process.exit(1)
}

/** The modules, to be loaded for a command: V8 keeps only the functions that were called, and those differ. */
function modulesFor(command) {
  const loaded = new Map()
  const fresh = []

  /** Loads a module by its name, once, and gives its exports. */
  function load(name) {
    const known = loaded.get(name)
    if (known !== undefined) return known.exports
    const filename = join(DIRECTORY, name)
    const source = sourceOf(filename)
    const path = `${filename}.${command}-${source.slice(...DIGEST)}-${process.version}-${process.arch}`
    const cachedData = bytesOf(path)
    const script = new Script(source, {filename, cachedData})
    if (cachedData === undefined) fresh.push({script, path})
    const module = {exports: {}}
    loaded.set(name, module)
    script.runInThisContext()(module.exports, requireFrom, module, filename, DIRECTORY, importModule, moduleUrlOf)
    return module.exports
  }

  const requireFrom = Object.assign(id => (id.startsWith('./') ? load(id.slice(2)) : require(id)), require)

  /** Keeps what V8 had to compile anew. Where nothing can be written it is compiled each time. */
  function keepCompiled() {
    try {
      // Nobody leaves files in a directory of another account, where that could not remove them.
      if (fresh.length === 0 || statSync(DIRECTORY).uid !== process.geteuid?.()) return
      for (const {script, path} of fresh) keep(script, path)
    } catch {
      return
    }
  }

  current = {load, keepCompiled}
  return current
}

function start(argv) {
  // What is certainly not for the fast entry does not wait for it.
  const [, command] = argv.includes('--json') ? (/^gateway[: ](list|status)\b/.exec(argv.join(' ')) ?? []) : []
  try {
    const {load, keepCompiled} = modulesFor(command ?? 'main')
    const isAnswered = command !== undefined && load('fast-entry.cjs').runFast(argv, keepCompiled, scratch)
    if (!isAnswered) load('main.cjs').main(argv, keepCompiled)
  } catch (error) {
    // Not left to Node, which would print the one long line of a joined module.
    console.error(error)
    process.exit(1)
  }
}

module.exports = {DIRECTORY, modulesFor, loading: () => current}

// oclif's table of commands asks for the modules too.
if (require.main === module) start(process.argv.slice(2))
