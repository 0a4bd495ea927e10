import type {Plan, Preview, Scope} from '@hermes-svc/core'
import {envelope, type SCHEMA_VERSION} from './envelope.js'

/** What `install --dry-run` prints. Environment values are in none of it. */
export interface PlanOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly profile: string
  readonly backend: string
  readonly change: 'none' | 'create' | 'update'
  readonly spec: {
    readonly argv: readonly string[]
    readonly cwd: string
    readonly envKeys: readonly string[]
    readonly port: number | null
    readonly scope: Scope
    readonly account: string | null
    readonly autostart: boolean
  }
  readonly plan: {
    readonly entries: readonly {
      readonly kind: 'file' | 'directory' | 'fifo' | 'symlink'
      readonly path: string
      /** Octal: `0600`. */
      readonly mode: string
      readonly owner: string | null
      readonly bytes: number
      readonly sensitive: boolean
      /** Of a file its text, of a symbolic link its target; null for what has none, is not text, or holds environment values. */
      readonly contents: string | null
    }[]
    readonly commands: Plan['commands']
    readonly notes: readonly string[]
  }
  readonly warnings: readonly string[]
}

/** UTF-16 only with its byte order mark, as Windows has it. */
function textOf(contents: Uint8Array): string | null {
  const encoding = contents[0] === 0xff && contents[1] === 0xfe ? 'utf-16le' : 'utf-8'
  try {
    return new TextDecoder(encoding, {fatal: true}).decode(contents)
  } catch {
    return null
  }
}

/** A preview as it may be shown. */
export function planOutput(
  backend: string,
  {spec, plan, change, warnings}: Preview,
  more: readonly string[],
): PlanOutput {
  const {profile, argv, cwd, port, scope, account, autostart} = spec
  const entries = plan.entries.map(({kind, path, mode, owner, contents, sensitive}) => ({
    kind,
    path,
    mode: mode.toString(8).padStart(4, '0'),
    owner,
    bytes: contents?.byteLength ?? 0,
    sensitive,
    contents: contents === null || sensitive ? null : textOf(contents),
  }))
  const shown = {argv, cwd, envKeys: Object.keys(spec.env).sort(), port, scope, account, autostart}
  const {commands, notes} = plan
  return envelope({
    profile,
    backend,
    change,
    spec: shown,
    plan: {entries, commands, notes},
    warnings: [...new Set([...warnings, ...more])],
  })
}
