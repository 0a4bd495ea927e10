import {createHash} from 'node:crypto'
import {join} from 'node:path'
import {canonicalSpec, type GatewaySpec} from '@hermes-svc/core'
import type {SystemdFacts, UnitScope} from './systemd-facts.js'
import {announcementPath, FORGET_ANNOUNCEMENT, stopAnnouncement} from './stop-announcement.js'
import {environmentPath, lastExitPath, logDirectory} from './unit-paths.js'
import {globPath, plainPath, plainText, quoteArgument, quoteProgram} from './unit-words.js'

/** Section that systemd passes over, as all that begin with X- (systemd.unit). */
const MARKER = 'X-HermesSvc'
const DIGEST = 'Digest='

/** Version that has RestartSteps= and RestartMaxDelaySec=. */
const GROWING_DELAY_SINCE = 254
/** Version that has Type=exec. Before that a program that cannot be executed shows as a death. */
const EXEC_TYPE_SINCE = 240

/** EX_TEMPFAIL: Hermes asks to be started again. */
const RESTART_ASKED = 75

/** Leaves for status how the gateway ended: systemd itself forgets that as soon as it is started again. */
const NOTE_LAST_EXIT = 'printf \'%s %s %s\\n\' "$SERVICE_RESULT" "$EXIT_CODE" "$EXIT_STATUS" > "$1"'

/** What a unit of ours says of itself. */
export interface UnitMarker {
  /** The profile root that the gateway belongs to. */
  readonly root: string
  /** Name of the definition: of the environment file that goes with this unit. */
  readonly id: string
  readonly autostart: boolean
  /** Whether the unit is, byte for byte, what was written. */
  readonly intact: boolean
  /** Whether output goes to a file of ours, because there was no journal. */
  readonly logsToFile: boolean
}

/**
 * Name of a definition. Environment values take no part: everybody can read it, and from a hash a short secret could be
 * guessed. So a change of values alone replaces the environment file under the same name, which is one step as well. Pure.
 */
export function definitionId(spec: GatewaySpec): string {
  const keys = Object.fromEntries(Object.keys(spec.env).map(key => [key, '']))
  return createHash('sha256')
    .update(canonicalSpec({...spec, env: keys, userSet: []}))
    .digest('hex')
    .slice(0, 12)
}

/** The delay grows where systemd can let it, and there is something to grow. */
export function delayGrows({restart}: GatewaySpec, {version}: Pick<SystemdFacts, 'version'>): boolean {
  return version >= GROWING_DELAY_SINCE && restart.delayMs > 0 && restart.maxDelayMs > restart.delayMs
}

/** How many doublings lead from the first delay to the longest. */
function doublings({delayMs, maxDelayMs}: GatewaySpec['restart']): number {
  return Math.max(1, Math.ceil(Math.log2(maxDelayMs / delayMs)))
}

/**
 * How long a run of failures can take that has to be given up: as many runs of a little less than the window, and the
 * delays between them.
 */
function giveUpIntervalMs(spec: GatewaySpec, starts: number, facts: SystemdFacts): number {
  const {delayMs, maxDelayMs, windowMs} = spec.restart
  return starts * (windowMs + (delayGrows(spec, facts) ? maxDelayMs : delayMs))
}

function duration(ms: number): string {
  return `${String(ms)}ms`
}

function unitSection(spec: GatewaySpec, scope: UnitScope, facts: SystemdFacts): string[] {
  const {giveUpAfter} = spec.restart
  const limit =
    giveUpAfter === null
      ? ['StartLimitIntervalSec=0']
      : [
          `StartLimitIntervalSec=${duration(giveUpIntervalMs(spec, giveUpAfter, facts))}`,
          `StartLimitBurst=${String(giveUpAfter)}`,
        ]
  // A user's manager knows no network-online.target.
  const network = scope === 'system' ? ['Wants=network-online.target', 'After=network-online.target'] : []
  return [`Description=${plainText(spec.description)}`, ...network, ...limit]
}

function restartLines(spec: GatewaySpec, facts: SystemdFacts): string[] {
  const {delayMs, maxDelayMs, fatalExitCodes, cleanExitCodes} = spec.restart
  const clean = cleanExitCodes.filter(code => code !== RESTART_ASKED)
  const prevent = [...new Set([...fatalExitCodes, ...clean])]
    .filter(code => code !== RESTART_ASKED)
    .sort((a, b) => a - b)
  const success = [...new Set([RESTART_ASKED, ...clean])].sort((a, b) => a - b)
  const growth = [`RestartSteps=${String(doublings(spec.restart))}`, `RestartMaxDelaySec=${duration(maxDelayMs)}`]
  return [
    'Restart=always',
    `RestartSec=${duration(delayMs)}`,
    ...(delayGrows(spec, facts) ? growth : []),
    `RestartForceExitStatus=${String(RESTART_ASKED)}`,
    ...(prevent.length > 0 ? [`RestartPreventExitStatus=${prevent.join(' ')}`] : []),
    `SuccessExitStatus=${success.join(' ')}`,
  ]
}

function outputLines({profile}: GatewaySpec, scope: UnitScope, {journal, logs}: SystemdFacts): string[] {
  const output = journal ? 'journal' : `append:${plainPath(join(logDirectory(scope, logs, profile), 'current'))}`
  return [`StandardOutput=${output}`, 'StandardError=inherit']
}

function serviceSection(spec: GatewaySpec, scope: UnitScope, facts: SystemdFacts): string[] {
  const {profile, argv, cwd, account, stopTimeoutMs} = spec
  const [program = '', ...rest] = argv
  const command = [quoteProgram(program), ...rest.map(quoteArgument)].join(' ')
  const afterwards = ['-c', `${NOTE_LAST_EXIT}; ${FORGET_ANNOUNCEMENT}`, 'sh', lastExitPath(facts.gateways, profile)]
  const note = [...afterwards, ...announcementPath(spec, facts.root)].map(quoteArgument).join(' ')
  const environment = environmentPath(scope, facts.gateways, profile, definitionId(spec))
  return [
    `Type=${facts.version >= EXEC_TYPE_SINCE ? 'exec' : 'simple'}`,
    ...(scope === 'system' && account !== null ? [`User=${account}`] : []),
    // Without the slash a blank at the end would be cut off, and a backslash would join the next line.
    `WorkingDirectory=${plainPath(cwd.endsWith('/') ? cwd : `${cwd}/`)}`,
    `EnvironmentFile=${globPath(environment)}`,
    `ExecStart=${command}`,
    `ExecReload=/bin/sh -c "kill -USR1 $$MAINPID"`,
    ...stopAnnouncement(spec, facts.root),
    `ExecStopPost=-/bin/sh ${note}`,
    ...restartLines(spec, facts),
    'KillMode=mixed',
    'KillSignal=SIGTERM',
    // 0 would mean: never.
    `TimeoutStopSec=${duration(Math.max(1, stopTimeoutMs))}`,
    ...outputLines(spec, scope, facts),
  ]
}

function markerSection(spec: GatewaySpec, {root}: SystemdFacts): string[] {
  const {profile, autostart} = spec
  return [
    `Profile=${profile}`,
    // In quotes, so that no end of a path reads as a continuation; what ends a line for some stands as \u.
    `Root=${JSON.stringify(root).replaceAll(/[\u2028\u2029]/g, end => `\\u${end.charCodeAt(0).toString(16)}`)}`,
    `Definition=${definitionId(spec)}`,
    `Autostart=${autostart ? 'yes' : 'no'}`,
  ]
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** The unit file of a gateway. Pure; what cannot be expressed was refused before. */
export function renderUnit(spec: GatewaySpec, facts: SystemdFacts): string {
  const scope: UnitScope = spec.scope === 'system' ? 'system' : 'user'
  const text = [
    '# Written by hermes-svc, which writes it anew at the next install. Changes of your own belong in a drop-in:',
    `# systemctl ${scope === 'user' ? '--user ' : ''}edit hermes-svc-${spec.profile}`,
    '[Unit]',
    ...unitSection(spec, scope, facts),
    '',
    '[Service]',
    ...serviceSection(spec, scope, facts),
    '',
    '[Install]',
    `WantedBy=${scope === 'user' ? 'default.target' : 'multi-user.target'}`,
    '',
    `[${MARKER}]`,
    ...markerSection(spec, facts),
    '',
  ].join('\n')
  return `${text}${DIGEST}${digestOf(text)}\n`
}

function valueOf(section: string, key: string): string | null {
  return new RegExp(`^${key}=(.*)$`, 'm').exec(section)?.[1] ?? null
}

/** Reads the marker of a unit of ours back; null for anybody else's. Pure. */
export function parseUnitMarker(text: string): UnitMarker | null {
  const section = text.split(`\n[${MARKER}]\n`)[1]
  if (section === undefined) return null
  const [root, id, autostart] = ['Root', 'Definition', 'Autostart'].map(key => valueOf(section, key))
  if (typeof root !== 'string' || typeof id !== 'string' || !/^[0-9a-f]+$/.test(id)) return null
  try {
    const at = text.lastIndexOf(DIGEST)
    const intact = at !== -1 && text.slice(at) === `${DIGEST}${digestOf(text.slice(0, at))}\n`
    const logsToFile = /^StandardOutput=append:/m.test(text)
    const parsed: unknown = JSON.parse(root)
    if (typeof parsed !== 'string') return null
    return {root: parsed, id, autostart: autostart === 'yes', intact, logsToFile}
  } catch {
    return null
  }
}

const HERMES_HOME = /^Environment=.*?(?:"HERMES_HOME=((?:[^"\\]|\\.)*)"|'HERMES_HOME=([^']*)'|\bHERMES_HOME=(\S+))/gm

/** The Hermes home that somebody else's unit sets, the last time it does, as far as it can be told from its text; null where it cannot. Pure. */
export function parseHermesHome(text: string): string | null {
  const settings = [...text.matchAll(HERMES_HOME)]
  const groups: readonly (string | undefined)[] = settings.at(-1)?.slice(1) ?? []
  const found = groups.find(group => group !== undefined)
  return found === undefined ? null : found.replaceAll(/\\(["\\])/g, '$1').replaceAll('%%', '%')
}
