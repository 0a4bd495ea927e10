// node scripts/bundle.js: joins what tsc made of each published package into a few modules, in its bundle/. A program that
// imports two hundred files spends most of its start on opening and resolving them (bench/).
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {basename, join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {build, transform} from 'esbuild'
import {publishedPackages, root} from './published-packages.js'

/** Modules that are started as programs or imported by path, besides those of `exports`. */
const PROGRAMS = {
  '@hermes-svc/runner': ['dist/main.js'],
  '@hermes-svc/backend-launchd': ['dist/hand-off-main.js'],
  'hermes-svc': ['dist/main.js', ...commandFiles('packages/cli')],
}

/** Dependencies whose modules are joined in as well. oclif's are a third of the program's start. */
const JOINED = {'hermes-svc': ['@oclif/core']}

/** Joined CommonJS asks for Node's modules with `require`, which a module of ECMAScript has not. */
const REQUIRE =
  "import {createRequire as makeRequire} from 'node:module'; const require = makeRequire(import.meta.url);"

/** oclif looks for these to run commands written in TypeScript. */
const ABSENT = ['typescript', 'ts-node']

function commandFiles(directory) {
  const commands = join(root, directory, 'dist', 'commands')
  if (!existsSync(commands)) return []
  return readdirSync(commands, {recursive: true})
    .filter(name => name.endsWith('.js'))
    .map(name => `dist/commands/${name.replaceAll('\\', '/')}`)
}

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
  const joined = JOINED[name] ?? []
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
    external: [...needs.filter(need => !joined.includes(need)).flatMap(need => [need, `${need}/*`]), ...ABSENT],
    ...(joined.length > 0 && {banner: {js: REQUIRE}}),
    metafile: true,
    logLevel: 'warning',
  })
  const licences = licencesOf(metafile.inputs)
  if (licences !== null) writeFileSync(join(outdir, 'LICENSES.txt'), licences)
}

/** The commands that are also answered without oclif, and what oclif's parser knows of their arguments. */
const FAST_COMMANDS = ['gateway/list', 'gateway/status']
const FAST_FLAGS = ['backend', 'config', 'state', 'wanted']

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

/** Loads Node's own modules where they are used, and not before: half of them load the network, streams or cryptography. */
function loadLate(code) {
  const loaded = [...code.matchAll(/^var (\w+) = require\("(node:[\w/]+)"\);\n/gm)]
  return loaded.reduce(
    (text, [line, name, module]) => text.replace(line, '').replaceAll(`${name}.`, `require("${module}").`),
    code,
  )
}

/** Node starts no loader for modules of ECMAScript where all that is loaded is CommonJS: 10 ms. */
async function toCommonJs({path, text}) {
  const options = {platform: 'node', target: 'node20.19', sourcefile: basename(path)}
  const {code} = await transform(text, {...options, format: 'cjs'})
  const lazy = loadLate(code).replaceAll(/\bimport\(("\.\/[^"]+")\)/g, 'Promise.resolve().then(() => require($1))')
  const url = 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;\n'
  const whole = lazy.includes('moduleUrl') ? url + lazy : lazy
  const minified = await transform(whole, {...options, minifySyntax: true, minifyWhitespace: true})
  writeFileSync(path, minified.code)
}

/** The program's fast entry with everything that it may need of core and the bundled backends, in CommonJS. */
async function bundleFastEntry() {
  const directory = join(root, 'packages', 'cli')
  const outdir = join(directory, 'bundle', 'fast')
  mkdirSync(outdir, {recursive: true})
  const {outputFiles} = await build({
    absWorkingDir: root,
    entryPoints: [join(directory, 'dist', 'fast', 'fast-entry.js')],
    outdir,
    outExtension: {'.js': '.cjs'},
    bundle: true,
    format: 'esm',
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    conditions: ['hermes-svc-source'],
    packages: 'bundle',
    external: thirdParty(),
    define: {'import.meta.url': 'moduleUrl', ARGUMENT_SHAPES: JSON.stringify(await argumentShapes())},
    write: false,
    logLevel: 'warning',
  })
  await Promise.all(outputFiles.map(toCommonJs))
}

/** What published packages depend on and is not ours. */
function thirdParty() {
  const packages = publishedPackages()
  const names = packages.flatMap(({needs}) => needs).filter(need => !packages.some(({name}) => name === need))
  return [...new Set(names)]
}

await Promise.all(publishedPackages().map(bundle))
await bundleFastEntry()
