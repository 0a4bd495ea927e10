import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {BackendContext} from '@hermes-svc/core'
import type {JobDefinition} from './job-definitions.js'
import type {MachinePlaces} from './job-paths.js'
import type {LaunchdMachine} from './launchd-machine.js'

/**
 * What a job of its own is left with: what cannot be done from inside the job that it ends, because launchd kills all of a
 * job's processes, and what takes longer than anybody waits.
 */
export type HandedOff = 'finishLoad' | 'finishUnload'

/** What the other job is told, as JSON in its only argument. It has no values of the gateway's environment. */
export interface HandOff {
  readonly what: HandedOff
  /** Its own label, by which it removes itself. */
  readonly label: string
  readonly definition: JobDefinition
  readonly places: MachinePlaces
  readonly caller: BackendContext['caller']
  readonly paths: BackendContext['paths']
  readonly configuration: BackendContext['configuration']
}

/** Looked for only where it is to be started. */
function mainFile(): string {
  return fileURLToPath(new URL('hand-off-main.js', import.meta.url))
}

/** Whether we run in the job of a definition: launchd tells every process of a job its label. */
export function isInside({label}: Pick<JobDefinition, 'label'>, {env}: Pick<BackendContext, 'env'>): boolean {
  return env['XPC_SERVICE_NAME'] === label
}

/** The label of that job. Any verb removes it first: what was asked for last counts. */
export function handOffLabel({profile}: Pick<JobDefinition, 'profile'>): string {
  return `ai.hermes-svc-hand-off.${profile}`
}

/** The job that does it instead, and where it complains: in the log of the gateway. Pure. */
export function handOffJob(
  what: HandedOff,
  definition: JobDefinition,
  {caller, paths, configuration}: BackendContext,
  machine: LaunchdMachine,
): {label: string; argv: string[]; log: string} {
  const label = handOffLabel(definition)
  const told: HandOff = {what, label, definition, places: machine.places, caller, paths, configuration}
  const log = join(machine.logDirectory(definition), 'current')
  return {label, argv: [process.execPath, mainFile(), JSON.stringify(told)], log}
}
