'use strict'
// Loads the modules of bundle/fast with what V8 made of them the last time, which is kept beside them as Python keeps
// __pycache__: to compile them anew takes half as long as Node's own start. Whoever can write there can change the modules too.
const {closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync} = require('node:fs')
const {join} = require('node:path')
const {Script} = require('node:vm')

const DIRECTORY = join(__dirname, '..', 'bundle', 'fast')

/** Where `scripts/bundle.js` writes a digest of a module: in a comment at its beginning. V8 itself compares lengths only. */
const DIGEST = [2, 18]

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

/** The modules, to be loaded for a command: V8 keeps only the functions that were called, and those differ. */
function modulesFor(command) {
  const loaded = new Map()
  const fresh = []

  /** Loads a module by its name, once, and gives its exports. */
  function load(name) {
    const known = loaded.get(name)
    if (known !== undefined) return known.exports
    const filename = join(DIRECTORY, name)
    const source = readFileSync(filename, 'latin1')
    const path = `${filename}.${command}-${source.slice(...DIGEST)}-${process.version}-${process.arch}`
    const cachedData = existsSync(path) ? readFileSync(path) : undefined
    const script = new Script(source, {filename, cachedData})
    if (cachedData === undefined) fresh.push({script, path})
    const module = {exports: {}}
    loaded.set(name, module)
    // Scripts have no import() of their own.
    script.runInThisContext()(module.exports, requireFrom, module, filename, specifier => import(specifier))
    return module.exports
  }

  function requireFrom(id) {
    return id.startsWith('./') ? load(id.slice(2)) : require(id)
  }

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

  return {load, keepCompiled}
}

module.exports = {modulesFor}
