import {accountOf, type BackendContext, type Caller, type Detection, type Evidence} from '@hermes-svc/core'
import {lookAtMachine, type MachineLook, type SocketLook} from './machine-look.js'
import type {SocketState} from './manager-address.js'
import {parseSettings} from './systemd-settings.js'
import {whyUnreachable} from './systemd-scope.js'
import type {UnitScope} from './systemd-facts.js'

const LISTENS: Readonly<Record<SocketState, string>> = {
  alive: 'yes',
  dead: 'nobody listens',
  denied: 'permission denied',
  none: 'not there',
}

/** What systemd's own tools take for true (SYSTEMD_OFFLINE in their ENVIRONMENT.md). */
const TRUE = /^(1|y|yes|t|true|on)$/i

function evidenceOf(look: MachineLook): Evidence[] {
  const {pid1, isBooted, isContainer, isHostMounted, wsl, systemctl, sockets} = look
  const evidence: Evidence[] = [
    {fact: 'name of process 1', path: '/proc/1/comm', value: pid1 ?? 'cannot be read'},
    {fact: 'systemd booted this machine', path: '/run/systemd/system', value: isBooted ? 'yes' : 'no'},
    ...sockets.map(({scope, path, state}) => ({fact: `the ${scope} manager listens`, path, value: LISTENS[state]})),
  ]
  if (isContainer) evidence.push({fact: 'this is a container', path: null, value: 'yes'})
  if (isHostMounted) evidence.push({fact: 'the host is mounted in this container', path: '/run/host', value: 'yes'})
  if (wsl !== null) evidence.push({fact: 'kernel of WSL', path: '/proc/sys/kernel/osrelease', value: String(wsl)})
  if (systemctl === 'script')
    evidence.push({fact: 'systemctl is a replacement', path: '/usr/bin/systemctl', value: 'a script'})
  return evidence
}

/** Why this is no machine for systemd, whoever asks; null when it may be one. */
function absenceReason(look: MachineLook, env: BackendContext['env']): string | null {
  const {pid1, isBooted, isContainer, isHostMounted, isChroot, wsl} = look
  if (!isBooted) {
    if (wsl === 1) return 'this is WSL 1, which no systemd can boot'
    if (wsl === 2) return 'this WSL runs without systemd; [boot] systemd=true in /etc/wsl.conf starts it'
    const host = pid1 === 'systemd' ? ", though the process 1 that is seen here, the host's, is systemd" : ''
    return `systemd did not boot this machine: expected the directory /run/systemd/system, got none${host}`
  }
  if (TRUE.test(env['SYSTEMD_OFFLINE'] ?? '')) return 'SYSTEMD_OFFLINE says that no manager is to be spoken to'
  if (isChroot === true) return 'this is a chroot: the manager outside reads none of the units in here'
  // A host's manager has other paths and another Node.js.
  if (isHostMounted) return "this is a toolbox or distrobox: the systemd that shows in here is the host's"
  if (isContainer && pid1 !== null && pid1 !== 'systemd')
    return `this is a container whose process 1 is ${pid1}: a systemd that shows in here is the host's`
  return null
}

/** What a scope's sockets say in all: the first that is better than none. A message bus alone proves no manager. */
function stateOf({sockets, pid1}: MachineLook, scope: UnitScope): SocketState {
  const isEvidence = ({direct}: SocketLook): boolean => direct || pid1 === null || pid1 === 'systemd'
  const states = sockets.filter(socket => socket.scope === scope && isEvidence(socket)).map(({state}) => state)
  return (['alive', 'denied', 'dead'] as const).find(state => states.includes(state)) ?? 'none'
}

/** What the look means for this caller. A live socket decides; installed programs tell nothing. */
export function judgeMachine(
  look: MachineLook,
  caller: Caller,
  env: BackendContext['env'],
  account: () => string | null,
): Detection {
  const evidence = evidenceOf(look)
  const reason = absenceReason(look, env)
  if (reason !== null) return {presence: 'absent', evidence, reason}
  const {pid1, sockets, systemctl} = look
  const [system, user] = [stateOf(look, 'system'), stateOf(look, 'user')]
  const scope: UnitScope = caller.uid === 0 && (system !== 'none' || user !== 'alive') ? 'system' : 'user'
  const state = scope === 'system' ? system : user
  if (state === 'alive') return {presence: 'available', scope, evidence}
  if (systemctl === 'script' && system === 'none')
    return {presence: 'absent', evidence, reason: 'systemctl is a replacement here, and there is no manager behind it'}
  if (pid1 !== null && pid1 !== 'systemd' && system === 'none' && state === 'none')
    return {presence: 'absent', evidence, reason: `process 1 is ${pid1}, and no manager of systemd listens`}
  const got = sockets
    .filter(socket => socket.scope === scope)
    .map(({path, state: found}) => `${path}: ${LISTENS[found]}`)
    .join('; ')
  return {presence: 'unreachable', scope, evidence, ...whyUnreachable(scope, scope === 'user' ? account() : null, got)}
}

/**
 * Never rejects, spawns nothing, changes nothing. Settings that do not hold count as available: the user meant systemd,
 * and is told what is wrong with them as soon as it is used.
 */
export async function detectSystemd(context: BackendContext, root?: string): Promise<Detection> {
  try {
    parseSettings(context)
  } catch (error) {
    const {message} = error as Error
    return {presence: 'available', evidence: [{fact: 'settings are valid', path: null, value: message}]}
  }
  const {caller, env} = context
  const account = (): string | null => (caller.uid === null ? null : (accountOf(caller.uid)?.name ?? null))
  return judgeMachine(await lookAtMachine(context, root), caller, env, account)
}
