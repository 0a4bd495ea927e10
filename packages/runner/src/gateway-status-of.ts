import type {GatewayStatus, Paths} from '@hermes-svc/core'
import type {RunnerObservation} from './observe-runner.js'
import {definitionDirectory, type GatewayLabels, logDirectory} from './runner-definition.js'

/** The fields that do not depend on what was observed. */
function frame(
  kind: string,
  profile: string,
  paths: Paths,
): Pick<
  GatewayStatus,
  'profile' | 'backend' | 'scope' | 'service' | 'autostart' | 'ready' | 'health' | 'definition' | 'drift' | 'logs'
> {
  return {
    profile,
    backend: kind,
    scope: 'user',
    service: profile,
    autostart: false,
    ready: null,
    health: null,
    definition: definitionDirectory(kind, paths, profile),
    drift: null,
    logs: {kind: 'file', path: logDirectory(paths, profile)},
  }
}

/** What our own definitions say of themselves; damaged ones get what is safe. */
export function labelsOf({labels}: RunnerObservation): Omit<GatewayLabels, 'profile'> {
  const {origin, port, specHash, life, ownCommand} = labels
  return {
    origin: origin === 'registered' ? 'registered' : 'installed',
    port: typeof port === 'number' ? port : null,
    specHash: typeof specHash === 'string' ? specHash : '',
    life: typeof life === 'string' ? life : null,
    ...(typeof ownCommand === 'boolean' ? {ownCommand} : {}),
  }
}

/** A life that is named by the minute it began has two names when that was about half a minute past. */
function isSameLife(one: string | null, other: string): boolean {
  const [first, second] = [one, other].map(life => (/^\d+$/.test(life ?? '') ? Number(life) : NaN)) as [number, number]
  return one === other || Math.abs(first - second) <= 1
}

/** Whether a registered gateway is of an earlier life of the machine or container, and so is no gateway any more. */
export function isExpired(observation: RunnerObservation, life: string): boolean {
  const labels = labelsOf(observation)
  return labels.origin === 'registered' && !isSameLife(labels.life, life)
}

/** Turns an observation into the status of the contract. Pure. */
export function gatewayStatusOf(kind: string, profile: string, seen: RunnerObservation, paths: Paths): GatewayStatus {
  const {origin, port, specHash, ownCommand} = labelsOf(seen)
  const runs = seen.gateway !== null
  return {
    ...frame(kind, profile, paths),
    state: seen.state,
    wanted: seen.wanted,
    pid: seen.gateway?.pid ?? null,
    startedAt: runs ? seen.startedAt : null,
    uptimeSeconds: seen.uptimeSeconds,
    restarts: seen.deaths,
    lastExit: seen.lastExit,
    nextStartAt: seen.state === 'backoff' ? seen.nextStartAt : null,
    port,
    origin,
    specHash,
    ...(ownCommand === undefined ? {} : {ownCommand}),
  }
}

/** The status of a gateway whose files are there but cannot be understood. Pure. */
export function unknownStatusOf(kind: string, profile: string, paths: Paths): GatewayStatus {
  return {
    ...frame(kind, profile, paths),
    state: 'unknown',
    wanted: 'down',
    pid: null,
    startedAt: null,
    uptimeSeconds: null,
    restarts: null,
    lastExit: null,
    nextStartAt: null,
    port: null,
    origin: 'installed',
  }
}
