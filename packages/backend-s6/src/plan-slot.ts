import {join} from 'node:path'
import type {BackendContext, GatewaySpec, Plan, PlanEntry} from '@hermes-svc/core'
import {dropTarget} from './run-script.js'
import type {S6Facts} from './s6-facts.js'
import {CONSTANT_FILES, DOWN, FIFODIR_MODE, renderDefinition} from './service-directory.js'
import {CONTROL_FIFOS, CURRENT, ENVIRONMENT, FACTS, LINKS, SLOT_PREFIX, SLOT_PROFILE_MAX} from './slot-names.js'
import {isExportable} from './shell-words.js'

/** What s6-log takes as the size of a file, in bytes (s6-log.html). */
const LOG_SIZE = {least: 4096, most: 268_435_455}

function refusal(spec: GatewaySpec, facts: S6Facts): {message: string; hint?: string} | null {
  const {account, env, logs, scope, userSet} = spec
  const {writer, scandir} = facts
  const key = Object.keys(env).find(name => !isExportable(name))
  if (key !== undefined) return {message: `env: expected a name that a shell leaves alone, got ${key}`}
  if (logs.sizeBytes < LOG_SIZE.least || logs.sizeBytes > LOG_SIZE.most) {
    const range = `${String(LOG_SIZE.least)} to ${String(LOG_SIZE.most)}`
    return {message: `logs.size: expected ${range} bytes, which is what s6-log takes, got ${String(logs.sizeBytes)}`}
  }
  if (userSet.includes('scope') && scope !== facts.scope) {
    return {message: `scope: expected ${facts.scope}, because ${scandir} is of that scope, got ${scope}`}
  }
  if (account !== null && writer.uid !== 0 && writer.name !== account) {
    const owner = writer.name ?? `uid ${String(writer.uid)}`
    return {
      message: `account: expected ${owner}, whose rights ${scandir} is written with, got ${account}`,
      hint: `set hermes.user or --user to ${owner}; other accounts need a scan directory that root owns, and root to ask`,
    }
  }
  return null
}

function notesOf(spec: GatewaySpec, facts: S6Facts): string[] {
  const notes: string[] = []
  if (dropTarget(spec, facts) === null && facts.writer.uid === 0) {
    notes.push(`the gateway runs as root, who owns ${facts.root}: set hermes.user or --user`)
  }
  if (spec.autostart && facts.scope !== 'container') {
    notes.push(
      `autostart: nothing starts ${facts.scandir} by itself: start s6-svscan ${facts.scandir} at boot or login`,
    )
  }
  return notes
}

function entriesOf(spec: GatewaySpec, facts: S6Facts): PlanEntry[] {
  const slot = join(facts.scandir, `${SLOT_PREFIX}${spec.profile}`)
  const {directory, files, facts: told} = renderDefinition(spec, facts, 'installed')
  const {name: writer} = facts.writer
  const account = spec.account ?? writer
  const entry = (kind: PlanEntry['kind'], name: string, mode: number, contents: string | null = null): PlanEntry => ({
    kind,
    path: join(slot, name),
    mode,
    owner: name === 'data' || (kind === 'file' && name.endsWith(ENVIRONMENT)) ? account : writer,
    contents: contents === null ? null : Buffer.from(contents),
    sensitive: kind === 'file' && name.endsWith(ENVIRONMENT),
  })
  const links = {...LINKS, [CURRENT]: directory, [join(directory, FACTS)]: told}
  return [
    // Where root writes for an account, that account's group may look in.
    entry('directory', '', account === writer ? 0o700 : 0o750),
    ...[...CONSTANT_FILES, DOWN].map(({name, mode, contents}) => entry('file', name, mode, contents)),
    entry('directory', directory, 0o755),
    ...files.map(({name, mode, contents}) => entry('file', join(directory, name), mode, contents)),
    entry('directory', 'data', 0o700),
    entry('directory', 'log', 0o755),
    ...['', 'log'].flatMap(place => [
      entry('directory', join(place, 'supervise'), 0o755),
      entry('directory', join(place, 'event'), FIFODIR_MODE),
    ]),
    ...CONTROL_FIFOS.map(name => entry('fifo', name, 0o660)),
    // Linux gives every symbolic link this mode.
    ...Object.entries(links).map(([name, target]) => entry('symlink', name, 0o777, target)),
  ]
}

/** The plan of a slot. Pure. Throws HSVC_INVALID_SPEC for what cannot be expressed, HSVC_INVALID_PROFILE for a name that does not fit. */
export function planSlot(spec: GatewaySpec, facts: S6Facts, context: Pick<BackendContext, 'error'>): Plan {
  const {profile} = spec
  if (profile.length > SLOT_PROFILE_MAX) {
    const message = `expected a profile name of at most ${String(SLOT_PROFILE_MAX)} characters on s6; got ${String(profile.length)}`
    throw context.error('HSVC_INVALID_PROFILE', message, {profile})
  }
  const refused = refusal(spec, facts)
  if (refused !== null) {
    const {message, hint} = refused
    throw context.error('HSVC_INVALID_SPEC', message, hint === undefined ? {} : {hint})
  }
  return {entries: entriesOf(spec, facts), commands: [], notes: notesOf(spec, facts)}
}
