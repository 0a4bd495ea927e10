import {accessSync, constants, statSync} from 'node:fs'
import {
  type GatewayStatus,
  type Host,
  type Problem,
  profilesOnDisk,
  type ServiceError,
  toServiceError,
} from '@hermes-svc/core'
import {findAutostartGap} from './autostart-gap.js'
import {claimFindings} from './claim-findings.js'
import {firstRows} from './first-rows.js'
import type {Finding} from './output/doctor-output.js'
import {lastExitText} from './view/gateway-text.js'

function ok(message: string): Finding {
  return {severity: 'ok', message, hint: null, code: null}
}

function warning(message: string, hint: string | null = null): Finding {
  return {severity: 'warning', message, hint, code: null}
}

/** The finding of a failure. */
export function findingOf({code, message, hint}: Pick<ServiceError, 'code' | 'message' | 'hint'>): Finding {
  return {severity: 'error', message, hint: hint ?? null, code}
}

function problemFinding({severity, message, hint}: Problem): Finding {
  return {severity, message, hint, code: severity === 'error' ? 'HSVC_BACKEND_UNAVAILABLE' : null}
}

function attempt(action: () => Finding[]): Finding[] {
  try {
    return action()
  } catch (error) {
    return [findingOf(toServiceError(error))]
  }
}

async function backendFindings(host: Host): Promise<Finding[]> {
  const {candidates} = await host.detect()
  const broken = candidates
    .filter(({presence}) => presence === 'broken')
    .map(({package: name, version, reason}) => {
      return warning(`${name}@${version} is not used: ${reason ?? 'it is broken'}`, `update or uninstall ${name}`)
    })
  try {
    const {manager, scope} = await host.chosen()
    const problems = await host.registry.examine(manager.kind)
    return [ok(`backend: ${manager.kind} ${scope}`), ...problems.map(problemFinding), ...broken]
  } catch (error) {
    return [findingOf(toServiceError(error)), ...broken]
  }
}

function rootFindings({paths}: Host): Finding[] {
  const root = statSync(paths.root, {throwIfNoEntry: false})
  if (root === undefined)
    return [warning(`${paths.root} is not there: Hermes has no profiles yet`, 'hermes profile create NAME')]
  accessSync(paths.root, constants.R_OK | constants.X_OK)
  const {invalid} = profilesOnDisk(paths.root)
  const names = invalid.map(name =>
    warning(`profile directory ${JSON.stringify(name)} is passed over: its name breaks the rules`),
  )
  return [ok(`profiles: ${paths.root}`), ...names]
}

function recordFindings({records}: Host): Finding[] {
  return records.list().problems.map(({profile, message}) => {
    const hint = `hermes-svc gateway install ${profile} --force`
    return findingOf({code: 'HSVC_UNEXPECTED_OUTPUT', message: `${profile}: ${message}`, hint})
  })
}

const COMES_BACK_NOT = 'does not come back by itself after a reboot'

async function autostartFindings(host: Host, status: GatewayStatus): Promise<Finding[]> {
  const {profile, backend, scope} = status
  const gap = await findAutostartGap(host, status)
  if (gap === 'unsupported')
    return [warning(`${profile} ${COMES_BACK_NOT}`, 'run hermes-svc gateway reconcile at boot')]
  if (gap === 'unstarted') return [warning(`${profile} ${COMES_BACK_NOT}: nothing starts ${backend} ${scope} at boot`)]
  return []
}

async function rowFindings(host: Host, status: GatewayStatus): Promise<Finding[]> {
  const {profile, state, wanted, origin, lastExit} = status
  const ended = lastExit ? ` (${lastExitText(lastExit)})` : ''
  const logs = `hermes-svc gateway logs ${profile}`
  if (state === 'failed')
    return [findingOf({code: 'HSVC_START_FAILED', message: `${profile} has failed${ended}`, hint: logs})]
  if (state === 'backoff') return [warning(`${profile} dies and is restarted${ended}`, logs)]
  if (state === 'unknown')
    return [warning(`${profile}: its state cannot be read`, `hermes-svc gateway status ${profile}`)]
  if (state === 'stopped' && wanted === 'up')
    return [warning(`${profile} should run and does not${ended}`, 'hermes-svc gateway reconcile')]
  return origin === 'installed' && wanted === 'up' ? await autostartFindings(host, status) : []
}

async function gatewayFindings(host: Host): Promise<Finding[]> {
  const {gateways, errors} = await host.overview()
  const running = gateways.filter(({state}) => state === 'running').length
  const summary = ok(`gateways: ${String(running)} of ${String(gateways.length)} running`)
  const found = await Promise.all(firstRows(gateways).map(async row => await rowFindings(host, row)))
  const claims = await claimFindings(host, gateways)
  return [summary, ...errors.map(row => findingOf(row)), ...claims, ...found.flat()]
}

/**
 * Everything that is wrong on this machine, as far as can be seen without changing anything. Errors come before warnings.
 * `noticed` is what the program warned of before it had a host.
 */
export async function diagnose(host: Host, noticed: readonly string[] = []): Promise<Finding[]> {
  const asked = [() => backendFindings(host), () => gatewayFindings(host)]
  const findings: Finding[] = [...attempt(() => rootFindings(host)), ...attempt(() => recordFindings(host))]
  for (const ask of asked) {
    try {
      findings.push(...(await ask()))
    } catch (error) {
      findings.push(findingOf(toServiceError(error)))
    }
  }
  const known = new Set(findings.map(({message}) => message))
  const told = [...noticed, ...host.warnings].filter(message => !known.has(message))
  findings.push(...told.map(message => warning(message)))
  const rank = {error: 0, warning: 1, ok: 2}
  const once = new Map(findings.map(finding => [finding.message, finding]))
  return [...once.values()].sort((a, b) => rank[a.severity] - rank[b.severity])
}
