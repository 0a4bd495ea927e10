import {join} from 'node:path'
import type {GatewaySpec, PlanEntry} from '@hermes-svc/core'
import {logDirectory} from './job-paths.js'
import type {LaunchdFacts} from './launchd-facts.js'

/** Name of the file that says how many archives of how many bytes a gateway's log may have. */
export const LIMITS = 'limits'

/** The directory of a gateway's log, and its limits. Pure. */
export function logEntries(spec: GatewaySpec, facts: LaunchdFacts, writer: string | null): PlanEntry[] {
  const scope = spec.scope === 'system' ? 'system' : 'user'
  const path = logDirectory(scope, facts, spec.profile)
  const {files, sizeBytes} = spec.logs
  const limits = Buffer.from(`${String(files)} ${String(sizeBytes)}\n`)
  return [
    {kind: 'directory', path, mode: 0o700, owner: writer, contents: null, sensitive: false},
    {kind: 'file', path: join(path, LIMITS), mode: 0o600, owner: writer, contents: limits, sensitive: false},
  ]
}
