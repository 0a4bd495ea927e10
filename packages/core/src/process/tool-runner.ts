/** How to run a tool. */
export interface ToolOptions {
  /** Milliseconds until the tool is killed and the call rejects HSVC_TIMEOUT. Default 10 000. */
  readonly timeoutMs?: number
  /** Kills the tool and rejects HSVC_ABORTED. */
  readonly signal?: AbortSignal
  /** The whole environment of the tool; default: the host's with LC_ALL=C, so that output is in one language. */
  readonly env?: Readonly<Record<string, string>>
  /** Bytes for standard input; without it the tool reads end of file at once. */
  readonly input?: string | Uint8Array
  readonly cwd?: string
  /** Exit codes that are an answer, not a failure. Default [0]. */
  readonly okExitCodes?: readonly number[]
  /**
   * How output becomes text. Default `utf8`. `latin1` gives one character for each byte, for tools that write in a code page
   * of their own.
   */
  readonly encoding?: 'utf8' | 'latin1'
}

/** How a tool ended. */
export interface ToolResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs external programs: absolute path or name on PATH, an argument vector, never a shell. */
export interface ToolRunner {
  /**
   * Rejects HSVC_TOOL_MISSING (ENOENT), HSVC_PERMISSION_DENIED (EACCES), HSVC_TIMEOUT, HSVC_ABORTED, and
   * HSVC_TOOL_FAILED with `tool` filled in for any exit code that is not in `okExitCodes`.
   */
  run(file: string, args: readonly string[], options?: ToolOptions): Promise<ToolResult>
  /** The lines of standard output while the tool runs, for logs that are followed. Ends it when iteration stops. */
  lines(file: string, args: readonly string[], options?: ToolOptions): AsyncIterable<string>
}
