import type {Environment} from './run-tool.js'
import type {ToolOptions, ToolRunner} from './tool-runner.js'

const DEFAULT_TIMEOUT_MS = 10_000

/**
 * Runs tools with execa, in the given environment with LC_ALL=C. Output is decoded as UTF-8 unless asked otherwise, other bytes become U+FFFD;
 * of one stream 32 MiB are taken, more rejects HSVC_UNEXPECTED_OUTPUT. `lines` has no timeout unless it is given one.
 */
export function createToolRunner(env: Environment): ToolRunner {
  const inEnglish = {...env, LC_ALL: 'C'}
  const callOf = (file: string, args: readonly string[], options: ToolOptions, fallbackMs: number) => {
    const {cwd, timeoutMs = fallbackMs, encoding = 'utf8'} = options
    return {file, args, cwd, timeoutMs, encoding, searchPath: (options.env ?? env)['PATH'] ?? ''}
  }
  return {
    // Imported only for a tool: most backends list without one.
    async run(file, args, options = {}) {
      const {runTool} = await import('./run-tool.js')
      return await runTool(options.env ?? inEnglish, callOf(file, args, options, DEFAULT_TIMEOUT_MS), options)
    },
    async *lines(file, args, options = {}) {
      const {streamLines} = await import('./run-tool.js')
      yield* streamLines(options.env ?? inEnglish, callOf(file, args, options, Infinity), options)
    },
  }
}
