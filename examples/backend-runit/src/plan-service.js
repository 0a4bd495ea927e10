/** @import {BackendContext, GatewaySpec, Plan, PlanEntry, Scope} from '@hermes-svc/core' */
import {createHash} from 'node:crypto'
import {join} from 'node:path'
import {renderFinishScript} from './finish-script.js'
import {renderLogScript} from './log-script.js'
import {renderGatewayScript, renderRunScript} from './run-script.js'
import {hashSpec} from './spec-hash.js'
import {renderStopScript} from './stop-script.js'

/**
 * What planning has to know of this machine.
 *
 * @typedef {object} RunitFacts
 * @property {string} directory - The one that runsvdir watches.
 * @property {Scope} scope
 * @property {boolean} startsAtBoot - Whether the machine starts that runsvdir by itself.
 * @property {string} logs
 * @property {{uid: number | null, name: string | null}} caller
 */

/** What the name of a service begins with. */
export const SERVICE_PREFIX = 'hermes-'

/** What the directory of a definition begins with. */
export const DEFINITION_PREFIX = 'definition.'

/** `.hermes-NAME.new` has to fit into the 255 bytes of a file name. */
const LONGEST_PROFILE = 243

/** svlogd(8) asks for at least two lines of the longest kind, and takes 0 files for: never remove one. */
const SMALLEST_LOG_BYTES = 2000

/** Variables that some sh(1) sets itself or gives a meaning, so that a value would not arrive. */
const RESERVED =
  /^(?:_|IFS|PWD|OLDPWD|PPID|UID|EUID|GROUPS|SHLVL|LINENO|OPTIND|RANDOM|SRANDOM|SECONDS|EPOCH(?:REALTIME|SECONDS)|SHELLOPTS|DIRSTACK|FUNCNAME|HISTCMD|BASH.*)$/

/**
 * Why a spec cannot be expressed, naming the field; null when it can.
 *
 * @param {GatewaySpec} spec
 * @param {RunitFacts} facts
 */
function refusalOf({account, env, logs, scope, userSet}, {caller, directory, scope: own}) {
  const key = Object.keys(env).find(name => RESERVED.test(name))
  if (key !== undefined) return `env: expected a name that a shell leaves alone, got ${key}`
  if (logs.sizeBytes < SMALLEST_LOG_BYTES)
    return `logs.size: expected at least ${String(SMALLEST_LOG_BYTES)} bytes, got ${String(logs.sizeBytes)}`
  if (logs.files < 1) return `logs.files: expected at least 1, got ${String(logs.files)}`
  if (userSet.includes('scope') && scope !== own)
    return `scope: expected ${own}, because ${directory} is of that scope, got ${scope}`
  if (account !== null && caller.uid !== 0 && account !== caller.name)
    return `account: expected ${String(caller.name)}, because only root can run gateways as others, got ${account}`
  return null
}

/**
 * @param {GatewaySpec} spec
 * @param {RunitFacts} facts
 */
function notesOf({account, autostart}, {caller, directory, startsAtBoot}) {
  const notes = []
  if (autostart && !startsAtBoot)
    notes.push(`autostart: nothing is known to start ${directory} at boot: have runsvdir ${directory} started there`)
  if (caller.uid === 0 && (account === null || account === 'root'))
    notes.push('the gateway runs as root: set hermes.user or --user')
  return notes
}

/**
 * The plan of a service: exactly the entries that install makes. Everything that a definition consists of is in one
 * directory, and takes effect with the link `current`. Pure; throws HSVC_INVALID_SPEC, HSVC_INVALID_PROFILE.
 *
 * @param {GatewaySpec} spec
 * @param {RunitFacts} facts
 * @param {Pick<BackendContext, 'error'>} context
 * @returns {Plan}
 */
export function planService(spec, facts, context) {
  const {profile, port, autostart, stopTimeoutMs} = spec
  if (profile.length > LONGEST_PROFILE)
    throw context.error(
      'HSVC_INVALID_PROFILE',
      `expected a profile name of at most ${String(LONGEST_PROFILE)} characters on runit, got ${String(profile.length)}`,
    )
  const refusal = refusalOf(spec, facts)
  if (refusal !== null) throw context.error('HSVC_INVALID_SPEC', refusal)

  const about = {maker: 'hermes-svc', profile, port, autostart, stopTimeoutMs, specHash: hashSpec(spec)}
  const data = {'gateway.json': `${JSON.stringify(about)}\n`, gateway: renderGatewayScript(spec)}
  const programs = {
    finish: renderFinishScript(spec),
    stop: renderStopScript(spec),
    'log-run': renderLogScript(spec, join(facts.logs, profile)),
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([data, programs]))
    .digest('hex')
  const place = `${DEFINITION_PREFIX}${digest.slice(0, 16)}`
  const service = join(facts.directory, `${SERVICE_PREFIX}${profile}`)
  /** @type {(kind: PlanEntry['kind'], name: string, mode: number, contents?: string) => PlanEntry} */
  const entry = (kind, name, mode, contents) => ({
    kind,
    path: join(service, name),
    mode,
    owner: null,
    contents: contents === undefined ? null : Buffer.from(contents),
    sensitive: name.endsWith('/gateway'),
  })
  return {
    entries: [
      entry('directory', '', 0o700),
      entry('directory', place, 0o700),
      ...Object.entries(data).map(([name, contents]) => entry('file', `${place}/${name}`, 0o600, contents)),
      ...Object.entries({...programs, run: renderRunScript(spec, place)}).map(([name, contents]) =>
        entry('file', `${place}/${name}`, 0o700, contents),
      ),
      entry('directory', 'log', 0o700),
      entry('directory', 'control', 0o700),
      entry('symlink', 'run', 0o777, 'current/run'),
      entry('symlink', 'finish', 0o777, 'current/finish'),
      entry('symlink', 'log/run', 0o777, '../current/log-run'),
      entry('symlink', 'control/t', 0o777, '../current/stop'),
      // Down until the first start.
      entry('file', 'down', 0o600, ''),
      entry('symlink', 'current', 0o777, place),
    ],
    commands: [],
    notes: notesOf(spec, facts),
  }
}
