import type {ListedPlugin, PluginRow} from '../output/plugins-output.js'
import type {LinkedPlugin} from '../plugins/link-plugin.js'
import type {PluginFacts, Publisher} from '../plugins/plugin-facts.js'
import type {UninstalledPlugin} from '../plugins/uninstall-plugin.js'
import {toPrintable} from './printable.js'

const LONGEST = 400

/**
 * Text of a stranger, who would like it to look like another: no controls, nothing that is invisible or turns the writing
 * round, and not so long that the lines before it are gone.
 */
function shown(text: string): string {
  const safe = toPrintable(text).replaceAll(/\p{Cf}/gu, '')
  return safe.length <= LONGEST ? safe : `${safe.slice(0, LONGEST)}…`
}

function line(label: string, text: string): string {
  return shown(`  ${label.padEnd(12)} ${text}`)
}

function publisherLines(publisher: Publisher | null): string[] {
  if (publisher === null) return [line('published', 'nobody vouches for a file, directory or address')]
  const {account, publishedAt, maintainers, provenance} = publisher
  const when = publishedAt === null ? 'at an unknown time' : publishedAt.slice(0, 10)
  const lines = [line('published', `${when} by ${account ?? 'an account that the registry does not name'}`)]
  if (maintainers.length > 0) lines.push(line('maintainers', maintainers.join(', ')))
  lines.push(line('provenance', provenance ? 'the registry has an attestation of its build' : 'no attestation'))
  return lines
}

function backendText({backend}: PluginFacts): string {
  if (backend === null) return 'commands or hooks, no backend'
  const {kind, contract, priority, platforms} = backend
  const where = Array.isArray(platforms) ? platforms.join(', ') : ''
  return `backend ${String(kind)} (contract ${String(contract)}, priority ${String(priority)}, for ${where})`
}

function scriptsText({scripts, dependencies}: PluginFacts, allowed: boolean): string {
  const own = scripts.map(({phase, command}) => `${phase}: ${command}`)
  const others = dependencies.withScripts.map(name => `those of ${name}`)
  if (own.length + others.length === 0) return 'no install scripts'
  return `${[...own, ...others].join('; ')} — ${allowed ? 'will be run' : 'will not be run'}`
}

/** What is shown of a plugin before any code of it is fetched. */
export function pluginSummary(facts: PluginFacts, current: string | null, allowScripts: boolean): string[] {
  const {name, version, source, publisher, deprecated, dependencies} = facts
  const now = current === null ? '' : ` (now ${current})`
  return [
    shown(`${name} ${version}${now}`),
    line('from', `${source.type} ${source.address}`),
    ...publisherLines(publisher),
    line('brings', backendText(facts)),
    line('dependencies', dependencies.count === 0 ? 'none' : String(dependencies.count)),
    line('scripts', scriptsText(facts, allowScripts)),
    ...(deprecated === null ? [] : [line('deprecated', deprecated)]),
  ]
}

/** What is shown of an address, of which nothing else is known before it is fetched. */
export function addressSummary(address: string): string[] {
  return [shown(address), line('holds', 'not known before it is fetched; nothing of it is run for that')]
}

/** The result of an install or update. */
export function pluginResultLine({name, version, previousVersion, result, backend}: PluginRow): string {
  const was = result === 'updated' ? ` (was ${previousVersion ?? ''})` : ''
  const brings = backend === null ? '' : ` · backend ${String(backend['kind'])}`
  const done = result === 'unchanged' ? 'is installed already' : result
  return toPrintable(`✓ ${name} ${version} ${done}${was}${brings}`)
}

/** What was left out of an install, and how to have it; null: nothing was. */
export function skippedScripts({name, scripts, dependencies, scriptsRun, result}: PluginRow): string | null {
  const left = [...(scripts.length > 0 ? [name] : []), ...dependencies.withScripts]
  if (scriptsRun || result === 'unchanged' || left.length === 0) return null
  return `install scripts were not run: ${left.join(', ')}; if it does not work without them: hermes-svc plugins install ${name} --allow-scripts`
}

/** The result of an uninstall. */
export function uninstalledLine({name, version, linked}: UninstalledPlugin): string {
  return toPrintable(`✓ ${name}${version === null ? '' : ` ${version}`} ${linked ? 'unlinked' : 'uninstalled'}`)
}

/** The result of a link. */
export function linkedLine({name, version, root}: LinkedPlugin): string {
  return toPrintable(`✓ ${name} ${version} linked to ${root}`)
}

/** One line of the list of plugins. */
export function listedPluginLine({name, version, linked, wanted, root, backend}: ListedPlugin): string {
  const from = linked ? `linked to ${root ?? 'nothing'}` : `from ${wanted ?? 'elsewhere'}`
  const brings = backend === null ? '' : ` · backend ${backend}`
  return toPrintable(`${name} ${version ?? '(cannot be read)'} · ${from}${brings}`)
}
