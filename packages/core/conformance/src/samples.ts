/** What a sample gateway does when it is started. */
export interface Behaviour {
  /** Ends with this exit code right after its start is on record. */
  readonly exitAtOnce?: number
  readonly ignoresTerm?: boolean
  /** Lines that it prints on standard output at each start. */
  readonly prints?: readonly string[]
}

/** One start as the gateway's own process saw it. */
export interface Start {
  readonly pid: number
  /** The whole vector; the sample's own elements come first. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/**
 * A gateway that bears witness. What it says is the ground truth of the suite: a backend's own word is what is being
 * tested.
 */
export interface Sample {
  /** The command that runs it. Elements put behind it are recorded and otherwise ignored. */
  readonly argv: readonly string[]
  /** Every start so far, oldest first. */
  starts(): readonly Start[]
  /** Those of its processes that live, looked up where the operating system keeps them. */
  alivePids(): readonly number[]
  /** Ends the living process, by exit code or by signal; resolves when it is gone. */
  crash(how: number | NodeJS.Signals): Promise<void>
  /** Has the living process print lines; resolves when it has. */
  print(lines: readonly string[]): Promise<void>
  /** Changes what it does from its next start on. */
  behave(behaviour: Behaviour): void
  /** Kills what lives and removes its files. */
  remove(): Promise<void>
}

/** Where a suite gets its gateways from. */
export interface Samples {
  gateway(behaviour?: Behaviour): Promise<Sample>
  /** Every command line on the machine as `ps` would show it to anybody; null where that cannot be read. */
  commandLines(): readonly string[] | null
}
