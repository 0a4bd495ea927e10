/** A file, directory, FIFO or symbolic link that applying the plan makes. */
export interface PlanEntry {
  readonly kind: 'file' | 'directory' | 'fifo' | 'symlink'
  /** Absolute. */
  readonly path: string
  /** Permission bits: 0o600. */
  readonly mode: number
  /** Account that owns it; null: the one that applies the plan. */
  readonly owner: string | null
  /** The whole contents of a file, the target of a symbolic link; null otherwise. */
  readonly contents: Uint8Array | null
  /** Holds environment values: never printed. */
  readonly sensitive: boolean
}

/** A tool call that applying the plan makes, in order, after the entries are in place. */
export interface PlanCommand {
  readonly file: string
  readonly args: readonly string[]
}

/** What install would do, computed before anything is touched. */
export interface Plan {
  readonly entries: readonly PlanEntry[]
  readonly commands: readonly PlanCommand[]
  /** Each deviation from a default that this backend cannot meet, as one sentence. */
  readonly notes: readonly string[]
}

/** What a backend learned by read-only probes before planning: versions, domain, SID. Plain JSON. */
export type Facts = Readonly<Record<string, unknown>>

/** What uninstall took away. */
export interface Removed {
  readonly profile: string
  /** Paths and names, in the order they went. Empty when there was nothing. */
  readonly removed: readonly string[]
  /** What was left on purpose, such as logs. */
  readonly kept: readonly string[]
}
