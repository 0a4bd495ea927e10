// Writes the parts of the documentation that repeat the code; with --check it only says which differ, and fails.
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {join} from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {ERROR_CODES} from '@hermes-svc/core'
import {mergeOptionalDependencies} from '../packages/cli/dist/discovery/optional-dependencies.js'
import {OWN_COMMANDS} from '../packages/cli/dist/own-command-list.js'

const top = fileURLToPath(new URL('..', import.meta.url))
const cliRoot = join(top, 'packages/cli')
const {Config} = createRequire(join(cliRoot, 'package.json'))('@oclif/core')

function cell(text) {
  return String(text).replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function table(headings, rows) {
  const line = cells => `| ${cells.map(cell).join(' | ')} |`
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n')
}

function code(text) {
  return `\`${text}\``
}

/** Replaces what stands between the markers of that name. */
function between(text, name, content) {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`expected the markers ${begin} and ${end}`)
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`
}

function errorTable() {
  const rows = Object.entries(ERROR_CODES).map(([name, {exitCode, when, action}]) => [
    code(name),
    exitCode,
    when,
    action,
  ])
  return table(['code', 'exit', 'when', 'what to do'], rows)
}

/** What a reader asks of a backend, answered from its capabilities. */
const ABILITIES = [
  ['install, uninstall', () => 'yes'],
  ['start, stop, restart', () => 'yes'],
  ['list, status', () => 'yes'],
  ['logs', ({logs}) => (logs === 'none' ? 'no' : logs)],
  ['logs -f', ({follow}) => yes(follow)],
  ['register, unregister', ({runtimeRegistration}) => yes(runtimeRegistration)],
  ['scopes', ({scopes}) => scopes.join(', ')],
  ['starts by itself after a reboot', ({autostart}) => (autostart ? 'yes' : 'with `gateway reconcile`')],
  ['delay between restarts', ({backoff}) => ({exponential: 'doubles', fixed: 'fixed', none: 'its own'})[backoff]],
  ['gives up after failed starts', ({giveUp}) => yes(giveUp)],
  ['parks on fatal exit codes', ({fatalExitCodes}) => yes(fatalExitCodes)],
  ['counts deaths', ({restartCount}) => yes(restartCount)],
  ['readiness protocol', ({readiness}) => yes(readiness)],
  ['runs as another account', ({runAsUser}) => yes(runAsUser)],
  ['takes over a gateway started by hand', ({reclaimsStrays}) => yes(reclaimsStrays)],
  ['most gateways', ({maxGateways}) => maxGateways ?? 'no fixed number'],
]

function yes(able) {
  return able ? 'yes' : 'no'
}

async function backends() {
  const found = readdirSync(join(top, 'packages'))
    .map(name => join(top, 'packages', name))
    .map(root => ({root, metadata: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).hermesSvc?.backend}))
    .filter(({metadata}) => metadata !== undefined)
    .sort((a, b) => b.metadata.priority - a.metadata.priority)
  const load = async ({root, metadata}) => (await import(pathToFileURL(join(root, metadata.module)).href)).backend
  return await Promise.all(found.map(load))
}

async function capabilityTable() {
  const columns = await backends()
  const rows = ABILITIES.map(([title, answer]) => [title, ...columns.map(({capabilities}) => answer(capabilities))])
  return table(['', ...columns.map(({kind}) => kind)], rows)
}

async function loadCli() {
  const packageJson = JSON.parse(readFileSync(join(cliRoot, 'package.json'), 'utf8'))
  return await Config.load({root: cliRoot, pjson: mergeOptionalDependencies(packageJson, cliRoot)})
}

function flagTerm(name, flag) {
  const short = flag.char === undefined ? '' : `-${flag.char}, `
  const value = flag.type === 'boolean' ? '' : ` ${flag.options?.join('\\|') ?? flag.helpValue ?? 'VALUE'}`
  return `\`${short}--${name}${value.replaceAll('\\|', '|')}\``
}

function flagMeaning({description = '', multiple, default: fallback, exclusive, aliases}) {
  const extras = [
    aliases?.length ? `also ${aliases.map(name => `--${name}`).join(', ')}` : '',
    multiple ? 'may be given several times' : '',
    fallback === undefined || typeof fallback === 'boolean' ? '' : `default ${fallback}`,
    exclusive?.length ? `not with ${exclusive.map(name => `--${name}`).join(', ')}` : '',
  ].filter(extra => extra !== '')
  return extras.length === 0 ? description : `${description} (${extras.join('; ')})`
}

function isGlobal({helpGroup}) {
  return helpGroup === 'GLOBAL'
}

function flagTable(flags) {
  return table(
    ['flag', 'meaning'],
    flags.map(([name, flag]) => [flagTerm(name, flag), flagMeaning(flag)]),
  )
}

function usageOf(command, name) {
  if (command.usage) return `hermes-svc ${command.usage}`
  const args = Object.values(command.args).map(({name: arg, required, multiple}) => {
    const word = `${arg.toUpperCase()}${multiple ? '...' : ''}`
    return required ? word : `[${word}]`
  })
  return ['hermes-svc', name, ...args, '[FLAGS]'].join(' ')
}

function commandPage(command) {
  const name = command.id.replaceAll(':', ' ')
  const flags = Object.entries(command.flags).filter(([, flag]) => !flag.hidden && !isGlobal(flag))
  const args = Object.values(command.args)
  const argRows = args.map(arg => [code(arg.name.toUpperCase()), arg.description ?? ''])
  const examples = (command.examples ?? []).map(text => `$ ${text.replaceAll('<%= config.bin %>', 'hermes-svc')}`)
  const parts = [
    `# ${name}`,
    [command.summary, command.description]
      .filter(Boolean)
      .map(text => `${text.replace(/\.$/, '')}.`)
      .join(' '),
    `\`\`\`\n${usageOf(command, name)}\n\`\`\``,
    args.length === 0 ? '' : table(['argument', 'meaning'], argRows),
    flags.length === 0 ? '' : flagTable(flags),
    examples.length === 0 ? '' : `\`\`\`\n${examples.join('\n')}\n\`\`\``,
    'See [flags of every command](README.md#flags-of-every-command) and [exit codes](../errors.md).',
  ]
  return `${parts.filter(Boolean).join('\n\n')}\n`
}

function commandIndex(own, others) {
  const page = command => command.id.replaceAll(':', '-')
  const globals = Object.entries(own[0].flags).filter(([, flag]) => isGlobal(flag))
  const parts = [
    '# Commands',
    'Generated from the commands themselves by `npm run docs`. `gateway list` and `gateway:list` are the same.',
    table(
      ['command', 'what it does'],
      own.map(command => [`[${command.id.replaceAll(':', ' ')}](${page(command)}.md)`, command.summary]),
    ),
    '## Flags of every command',
    flagTable(globals),
    '## Commands of the standard plugins',
    `oclif's own plugins add: ${others.map(id => code(id.replaceAll(':', ' '))).join(', ')}. Each explains itself with \`--help\`.`,
  ]
  return `${parts.join('\n\n')}\n`
}

async function commandPages() {
  const {commands} = await loadCli()
  const isOwn = ({id}) => OWN_COMMANDS.includes(id.replaceAll(':', ' '))
  const shown = commands
    .filter(({id, aliases, hidden}) => !hidden && !aliases.includes(id))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const own = shown.filter(isOwn)
  const others = shown.filter(command => !isOwn(command)).map(({id}) => id)
  const pages = own.map(command => [`docs/commands/${command.id.replaceAll(':', '-')}.md`, commandPage(command)])
  return new Map([['docs/commands/README.md', commandIndex(own, others)], ...pages])
}

function read(path) {
  const full = join(top, path)
  return existsSync(full) ? readFileSync(full, 'utf8') : ''
}

/** Every generated file with what it should hold; null: it should not be there. */
async function wanted() {
  const files = await commandPages()
  for (const name of existsSync(join(top, 'docs/commands')) ? readdirSync(join(top, 'docs/commands')) : []) {
    if (!files.has(`docs/commands/${name}`)) files.set(`docs/commands/${name}`, null)
  }
  files.set('docs/errors.md', between(read('docs/errors.md'), 'errors', errorTable()))
  files.set('README.md', between(read('README.md'), 'capabilities', await capabilityTable()))
  return files
}

const files = await wanted()
const stale = [...files].filter(([path, content]) => (content ?? '') !== read(path))
if (process.argv.includes('--check')) {
  for (const [path] of stale) console.error(`${path} differs from the code: run npm run docs`)
  process.exit(stale.length === 0 ? 0 : 1)
}
mkdirSync(join(top, 'docs/commands'), {recursive: true})
for (const [path, content] of stale) {
  if (content === null) rmSync(join(top, path))
  else writeFileSync(join(top, path), content)
  console.log(`${content === null ? 'removed' : 'wrote'} ${path}`)
}
process.exit()
