// node scripts/bundle.js: joins what tsc made of each published package into a few modules, in its bundle/. A program that
// imports two hundred files spends most of its start on opening and resolving them (bench/).
import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createHash} from 'node:crypto'
import {basename, join} from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {build, transform} from 'esbuild'
import {bundleRunner} from './bundle-runner.js'
import {publishedPackages, root} from './published-packages.js'

/** Modules that are started as programs, besides those of `exports`. */
const PROGRAMS = {
  '@hermes-svc/runner': ['dist/main.js'],
  '@hermes-svc/backend-launchd': ['dist/hand-off-main.js'],
}

/** What dependencies look for and can do without: TypeScript, and a module in C for sockets without a file. */
const ABSENT = ['typescript', 'ts-node', 'abstract-socket']

/** What `exports` names of a bundle, as the modules it is made of. */
function exportedFiles({packageJson}) {
  return Object.values(packageJson.exports)
    .map(target => target.default)
    .filter(target => target?.startsWith('./bundle/'))
    .map(target => target.replace('./bundle/', 'dist/'))
}

/** The licences of joined packages, which ask to go wherever their code goes. */
function licencesOf(inputs) {
  const parts = Object.keys(inputs).map(path => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
  const directories = [...new Set(parts.filter(part => part !== undefined))].sort()
  const texts = directories.map(directory => {
    const place = join(root, directory)
    const {name, version, license} = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'))
    const file = readdirSync(place).find(entry => /^licen[cs]e/i.test(entry))
    const text = file === undefined ? '' : `\n${readFileSync(join(place, file), 'utf8').trim()}\n`
    return `${name} ${version} (${license})\n${text}`
  })
  return texts.length === 0 ? null : `Joined into these modules:\n\n${texts.join('\n----\n\n')}`
}

async function bundle(published) {
  const {name, directory, needs} = published
  const outdir = join(directory, 'bundle')
  rmSync(outdir, {recursive: true, force: true})
  const entries = [...exportedFiles(published), ...(PROGRAMS[name] ?? [])]
  const {metafile} = await build({
    absWorkingDir: root,
    entryPoints: entries.map(entry => join(directory, entry)),
    outbase: join(directory, 'dist'),
    outdir,
    bundle: true,
    format: 'esm',
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    sourcesContent: false,
    external: needs.flatMap(need => [need, `${need}/*`]),
    metafile: true,
    logLevel: 'warning',
  })
  return metafile.inputs
}

/** The commands that are also answered without oclif, and what oclif's parser knows of their arguments. */
const FAST_COMMANDS = ['gateway/list', 'gateway/status']
const FAST_FLAGS = ['backend', 'config', 'state', 'wanted']

/** What a listing need not read again of the packages that came with it; whether they are there it still looks. */
function knownPackages() {
  const packages = publishedPackages().map(({directory}) =>
    JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')),
  )
  const used = packages.filter(({name, hermesSvc}) => name === 'hermes-svc' || hermesSvc !== undefined)
  return Object.fromEntries(
    used.map(({name, version, optionalDependencies, hermesSvc}) => [
      name,
      {name, version, optionalDependencies, hermesSvc},
    ]),
  )
}

async function argumentShapes() {
  const commands = join(root, 'packages', 'cli', 'dist', 'commands')
  const shapes = FAST_COMMANDS.map(async name => {
    const {default: command} = await import(pathToFileURL(join(commands, `${name}.js`)).href)
    const flags = {...command.baseFlags, ...command.flags}
    const options = FAST_FLAGS.map(flag => {
      const {multiple = false, options: values = null} = flags[flag]
      return [flag, {values, multiple}]
    })
    const takesNames = Object.values(command.args ?? {}).some(({multiple}) => multiple === true)
    return [name.replace('/', ':'), {takesNames, options: Object.fromEntries(options)}]
  })
  return Object.fromEntries(await Promise.all(shapes))
}

/**
 * Loads Node's own modules where they are used, and not before, since half of them load the network, streams or cryptography; and so
 * the program's own late ones.
 */
function loadLate(code) {
  const loaded = [...code.matchAll(/^var (\w+) = require\("(node:[\w/]+|\.\/late-[\w.]+)"\);\n/gm)]
  // Each file that was joined had a variable of its own; one asks for a module once.
  const variables = new Map(loaded.map(([, name, module]) => [module, name]))
  return loaded.reduce((text, [line, name, module]) => {
    const variable = variables.get(module)
    return text
      .replace(line, name === variable ? `var ${name};\n` : '')
      .replaceAll(`${name}.`, `(${variable} ??= require("${module}")).`)
  }, code)
}

/**
 * What a listing imports and does not use, by the file that it goes to: it is loaded when something of it is used. A listing reads,
 * makes sense of and sets up what it loads, whether it is used or not. No module that runs code when it is loaded.
 */
const LATE = {
  core: [
    'core/dist/backend-shape.js',
    'core/dist/bounded-lines.js',
    'core/dist/check-capabilities.js',
    'core/dist/checked-service-manager.js',
    'core/dist/closest-names.js',
    'core/dist/errors/error-codes.js',
    'core/dist/errors/error-details.js',
    'core/dist/find-program.js',
    'core/dist/fs/account.js',
    'core/dist/fs/publish-file.js',
    'core/dist/fs/rename-over.js',
    'core/dist/hermes/planned-stop.js',
    'core/dist/missing-gateway.js',
    'core/dist/process/account-database.js',
    'core/dist/process/process-identity.js',
    'core/dist/service-answers.js',
    'core/dist/shape.js',
    'cli/dist/profile-pattern.js',
    'cli/dist/usage-error.js',
  ],
  // Of which a status of all tells what Hermes reports.
  health: [
    'core/dist/hermes/gateway-health.js',
    'core/dist/hermes/gateway-state.js',
    'core/dist/hermes/hermes-state.js',
    'core/dist/hermes/home-files.js',
  ],
  logs: ['core/dist/logs/log-file.js'],
  s6: [
    'backend-s6/dist/plan-slot.js',
    'backend-s6/dist/run-script.js',
    'backend-s6/dist/s6-tools.js',
    'backend-s6/dist/scandir-problems.js',
    'backend-s6/dist/slot-store.js',
    'backend-s6/dist/slot-supervision.js',
    'backend-s6/dist/slot-verbs.js',
    'backend-s6/dist/stray-process.js',
  ],
}

const lateName = group => `late-${group}.cjs`

/** Leads imports of late modules to the files that these go to. */
const leadLate = {
  name: 'lead-late',
  setup(building) {
    const places = Object.entries(LATE).map(([group, modules]) => [
      group,
      modules.map(module => join(root, 'packages', module)),
    ])
    const groupOf = new Map(places.flatMap(([group, paths]) => paths.map(path => [path, group])))
    building.onResolve({filter: /^late:/}, ({path}) => ({path, namespace: 'late'}))
    building.onLoad({filter: /./, namespace: 'late'}, ({path}) => {
      const [, paths] = places.find(([group]) => `late:${group}` === path)
      return {contents: paths.map(each => `export * from ${JSON.stringify(each)}`).join('\n'), resolveDir: root}
    })
    building.onResolve({filter: /\.js$/}, ({path, importer, namespace, resolveDir}) => {
      const group = groupOf.get(join(path.startsWith('/') ? '' : resolveDir, path))
      const isWithin = namespace === 'late' || groupOf.get(importer) === group
      return group === undefined || isWithin ? undefined : {path: `./${lateName(group)}`, external: true}
    })
  },
}

/** Of a backend's: what it shares with the backend it has once more, so that neither needs the other. */
const LATE_OF_BACKENDS = ['s6']

/** Modules that others find their imports in. What is loaded with one, and with none before it, is joined into it. */
const ENTRIES = ['fast-entry.cjs', ...['health', 'core', 'logs'].map(lateName), 'main.cjs']

/** The files that are loaded with one, itself among them. */
function loadedWith(name, files, found = new Set()) {
  if (found.has(name)) return found
  found.add(name)
  for (const {path, kind} of files.get(name).imports) {
    const imported = basename(path)
    const isLate = imported.startsWith('late-')
    if (kind === 'import-statement' && !isLate && files.has(imported)) loadedWith(imported, files, found)
  }
  return found
}

const identifierOf = name => name.replaceAll(/\W/g, '_')

/** An entry, with what is loaded with it. Others find their imports in its exports. */
async function joinEntry(entry, files, joined) {
  const others = [...joined].filter(name => name !== entry)
  const exported = others.map(name => `export * as ${identifierOf(name)} from './${name}'`)
  return await joinFiles([`export * from './${entry}'`, ...exported].join('\n'), files, joined)
}

/** A backend, or what it needs late, with what only backends share. Copies of that are no harm: one backend lists. */
async function joinBackend(name, files, owners) {
  const joined = new Set([...loadedWith(name, files)].filter(each => !owners.has(each)))
  return await joinFiles(`export * from './${name}'`, files, joined)
}

/** One module of several that are loaded together: a file of its own costs each half a millisecond. */
async function joinFiles(contents, files, joined) {
  const fromMemory = {
    name: 'from-memory',
    setup(building) {
      building.onResolve({filter: /^\.\//}, ({path}) => {
        const name = basename(path)
        return joined.has(name) ? {path: name, namespace: 'memory'} : {path, external: true}
      })
      building.onLoad({filter: /./, namespace: 'memory'}, ({path}) => ({contents: files.get(path).text}))
    },
  }
  const {outputFiles} = await build({
    ...COMMON_JS,
    stdin: {contents, resolveDir: root},
    bundle: true,
    plugins: [fromMemory],
    write: false,
    logLevel: 'warning',
  })
  // Nothing but the loader of run.cjs takes it, which tells apart no modules of ECMAScript.
  return shareLate(outputFiles[0].text).replace('__toCommonJS(stdin_exports)', 'stdin_exports')
}

/**
 * Makes what the files of a joined module export for others when somebody asks for it: of hundreds of names a command uses some
 * or none.
 */
function shareLate(code) {
  const spaces = new Set()
  const late = code.replaceAll(
    /^var (\w+_exports) = \{\};\n__export\(\1, \{\n([^]*?)\n\}\);$/gm,
    (whole, space, names) => {
      if (space === 'stdin_exports') return whole
      spaces.add(space)
      const getters = names.replaceAll(/^ *(\w+): \(\) => (\w+)/gm, 'get $1() { return $2; }')
      return `function ${space}() { return ${space}.made ??= {\n${getters}\n}; }`
    },
  )
  return late.replaceAll(/=> (\w+_exports)\b(?!\()/g, (whole, space) => (spaces.has(space) ? `${whole}()` : whole))
}

const COMMON_JS = {platform: 'node', target: 'node20.19', format: 'cjs'}

/** What a joined module of CommonJS exports has its default export and, as for Node's own loader, its names. */
const GIVE_NAMES = 'module.exports = {...module.exports.default, default: module.exports.default};\n'

/**
 * Makes a module of CommonJS that bin/run.cjs loads: Node starts no loader for modules of ECMAScript where all that is loaded is
 * CommonJS, and 10 ms are saved. What other makers wrote is imported by `importModule`, and found by `moduleUrlOf`, which it gives.
 */
async function toCommonJs({text, isCommonJs}, owners) {
  const {code} = await transform(text, COMMON_JS)
  const lazy = loadLate(code)
    .replaceAll(/\bimport\(("(?:\.\/|node:)[^"]+")\)/g, 'Promise.resolve().then(() => require($1))')
    .replaceAll(/\bimport\(/g, 'importModule(')
    .replaceAll(/\brequire\("\.\/([^"]+)"\)/g, (whole, name) =>
      (owners.get(name) ?? name) === name ? whole : `require("./${owners.get(name)}").${identifierOf(name)}`,
    )
  const url = lazy.includes('moduleUrl')
    ? 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;\n'
    : ''
  const whole = `${url}${lazy}${isCommonJs ? GIVE_NAMES : ''}`
  const {code: minified} = await transform(whole, {...COMMON_JS, minify: true})
  const digest = createHash('sha256').update(minified).digest('hex').slice(0, 16)
  return `//${digest}\n(function (exports, require, module, __filename, __dirname, importModule, moduleUrlOf) {${minified}})\n`
}

/** A command of oclif's that is joined into the program: its plugin would load an oclif of its own. */
const VERSION_COMMAND = join(
  fileURLToPath(import.meta.resolve('@oclif/plugin-version')),
  '..',
  'commands',
  'version.js',
)

/** The entries and each command, by the names of their modules. */
function programModules(directory) {
  const commands = join(directory, 'dist', 'commands')
  const names = readdirSync(commands, {recursive: true}).filter(name => name.endsWith('.js'))
  const modules = names.map(name => [
    `command-${name.replaceAll(/[\\/]/g, '-').slice(0, -'.js'.length)}`,
    join(commands, name),
  ])
  const dist = join(directory, 'dist')
  return Object.fromEntries([
    ['fast-entry', join(dist, 'fast', 'fast-entry.js')],
    ['main', join(dist, 'main.js')],
    ...Object.keys(LATE).map(group => [`late-${group}`, `late:${group}`]),
    ['command-version', VERSION_COMMAND],
    ...modules,
  ])
}

/** Packages whose index the others import from. */
const INDEXES = ['core', 'runner']

/** The module that declares each name of an index. */
async function declarationsOf(index) {
  const modules = [...readFileSync(index, 'utf8').matchAll(/ from '(\.[^']+)'/g)].map(([, path]) =>
    join(index, '..', path),
  )
  const found = modules.map(async path => Object.keys(await import(pathToFileURL(path).href)).map(name => [name, path]))
  return new Map((await Promise.all(found)).flat())
}

/**
 * Has each name imported from where it is declared. Through an index esbuild takes each module to need all that the index names, so
 * that a listing would load what reads logs.
 */
function pastIndexes(text, declarations) {
  return text.replaceAll(/^import \{([^}]*)\} from '@hermes-svc\/(\w+)';$/gm, (whole, names, name) => {
    const places = declarations.get(name)
    if (places === undefined) return whole
    const imports = names
      .split(',')
      .map(each => each.trim())
      .filter(each => each !== '')
      .map(each => {
        const place = places.get(each.split(' as ')[0])
        if (place === undefined) throw new Error(`@hermes-svc/${name} declares no ${each}`)
        return `import {${each}} from ${JSON.stringify(place)};`
      })
    // In one line, as it was, for messages about places.
    return imports.join(' ')
  })
}

/** What packages start beside the program stays where they are; it is found from the module that they export. */
function withOtherPrograms(text, path) {
  const [, place] = /packages[\\/](runner|backend-launchd|core[\\/]conformance)[\\/]/.exec(path) ?? []
  if (place === undefined) return text
  return text.replaceAll('import.meta.url', `moduleUrlOf("@hermes-svc/${place.replaceAll('\\', '/')}")`)
}

/** Reads the modules of our own packages as the program has them. */
const readOwnModules = {
  name: 'read-own-modules',
  async setup(building) {
    const found = INDEXES.map(async name => [
      name,
      await declarationsOf(join(root, 'packages', name, 'dist', 'index.js')),
    ])
    const declarations = new Map(await Promise.all(found))
    building.onLoad({filter: /packages[\\/].*[\\/]dist[\\/].*\.js$/}, ({path}) => ({
      contents: withOtherPrograms(pastIndexes(readFileSync(path, 'utf8'), declarations), path),
    }))
  },
}

/** The program, with everything that it may need of core, oclif and the bundled backends, in CommonJS. */
async function bundleProgram(directory) {
  const outdir = join(directory, 'bundle', 'program')
  mkdirSync(outdir, {recursive: true})
  const {outputFiles, metafile} = await build({
    absWorkingDir: root,
    entryPoints: programModules(directory),
    outdir,
    outExtension: {'.js': '.cjs'},
    bundle: true,
    format: 'esm',
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    conditions: ['hermes-svc-source'],
    // What is there twice is taken as modules of ECMAScript, which can be joined for certain.
    mainFields: ['module', 'main'],
    external: ABSENT,
    define: {
      'import.meta.url': 'moduleUrl',
      'import.meta.dirname': '__dirname',
      ARGUMENT_SHAPES: JSON.stringify(await argumentShapes()),
      KNOWN_PACKAGES: JSON.stringify(knownPackages()),
    },
    plugins: [leadLate, readOwnModules],
    metafile: true,
    write: false,
    logLevel: 'warning',
  })
  const facts = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]))
  const files = new Map(
    outputFiles.map(({path, text}) => {
      const name = basename(path)
      const {imports, exports, entryPoint = ''} = facts.get(name)
      const isCommonJs = entryPoint.includes('node_modules/') && exports.join() === 'default'
      const isBackend = /packages\/backend-\w+\/dist\/index\.js$/.test(entryPoint)
      return [name, {text, imports, isCommonJs, isBackend}]
    }),
  )
  const owners = new Map()
  for (const entry of ENTRIES)
    for (const name of loadedWith(entry, files)) if (!owners.has(name)) owners.set(name, entry)
  const modules = new Map([...files].filter(([name]) => !owners.has(name)))
  for (const entry of ENTRIES) {
    const joined = new Set([...owners.keys()].filter(name => owners.get(name) === entry))
    modules.set(entry, {text: await joinEntry(entry, files, joined), isCommonJs: false})
  }
  const lateOfBackends = LATE_OF_BACKENDS.map(lateName)
  for (const [name, {isBackend}] of files)
    if (isBackend || lateOfBackends.includes(name))
      modules.set(name, {text: await joinBackend(name, files, owners), isCommonJs: false})
  const written = [...modules].map(async ([name, file]) => {
    writeFileSync(join(outdir, name), await toCommonJs(file, owners))
  })
  await Promise.all(written)
  return metafile.inputs
}

for (const published of publishedPackages()) {
  const inputs = await bundle(published)
  if (published.name === '@hermes-svc/runner') await bundleRunner(published.directory)
  const joined = published.name === 'hermes-svc' ? {...inputs, ...(await bundleProgram(published.directory))} : inputs
  const licences = licencesOf(joined)
  if (licences !== null) writeFileSync(join(published.directory, 'bundle', 'LICENSES.txt'), licences)
}
