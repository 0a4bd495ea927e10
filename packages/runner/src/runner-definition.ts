import {join} from 'node:path'
import {type GatewaySpec, hashSpec, type Paths, type Plan, type PlanEntry} from '@hermes-svc/core'
import {ENVIRONMENT_FILE, renderRunnerFiles, SPEC_FILE} from './runner-files.js'
import type {RunnerSpec} from './runner-spec.js'

/** What the definition of a gateway says of itself to a listing. */
export interface GatewayLabels {
  readonly profile: string
  readonly origin: 'installed' | 'registered'
  readonly port: number | null
  readonly specHash: string
  /** The life of the machine or container that a registered gateway belongs to; null for an installed one. */
  readonly life: string | null
  /** Whether the runner starts an ARGV of the user's. Definitions of earlier versions do not say. */
  readonly ownCommand?: boolean
}

/** Where a backend keeps the runner directory of a profile: beside the record, under its kind. */
export function definitionDirectory(kind: string, paths: Paths, profile: string): string {
  return join(paths.gateways, profile, kind)
}

/** Where the output of a profile's gateway goes. */
export function logDirectory(paths: Paths, profile: string): string {
  return join(paths.logs, profile)
}

/** What the runner of a gateway is told. `life` is given for a gateway that is only registered. Pure. */
export function runnerDefinition(spec: GatewaySpec, paths: Paths, life: string | null): RunnerSpec {
  const {profile, argv, cwd, restart, stopTimeoutMs, logs, port, userSet} = spec
  const origin = life === null ? 'installed' : 'registered'
  const ownCommand = userSet.includes('argv')
  const labels: GatewayLabels = {profile, origin, port, specHash: hashSpec(spec), life, ownCommand}
  return {
    schemaVersion: 1,
    name: profile,
    argv,
    cwd,
    restart,
    stopTimeoutMs,
    heedsPlannedStop: !ownCommand,
    logs: {directory: logDirectory(paths, profile), files: logs.files, sizeBytes: logs.sizeBytes},
    socketDirectories: [join(paths.state, 'run')],
    labels: {...labels},
  }
}

/** The entries of an installed definition: byte for byte what DefinitionStore writes. Pure. */
export function runnerPlanEntries(kind: string, spec: GatewaySpec, paths: Paths): Plan['entries'] {
  const directory = definitionDirectory(kind, paths, spec.profile)
  const files = renderRunnerFiles(runnerDefinition(spec, paths, null), spec.env)
  const file = (name: string, text: string, sensitive: boolean): PlanEntry => ({
    kind: 'file',
    path: join(directory, name),
    mode: 0o600,
    owner: spec.account,
    contents: Buffer.from(text),
    sensitive,
  })
  return [
    {kind: 'directory', path: directory, mode: 0o700, owner: spec.account, contents: null, sensitive: false},
    file(ENVIRONMENT_FILE, files.environment, true),
    file(SPEC_FILE, files.spec, false),
  ]
}
