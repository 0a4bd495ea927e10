import type {ToolRunner} from '@hermes-svc/core'

/** Counts what launchctl was asked for by a manager, and what it answered. */
export class LaunchctlTally {
  readonly tools: ToolRunner
  readonly #counts = new Map<string, number>()

  constructor(tools: ToolRunner) {
    this.tools = {
      run: async (file, args, options) => {
        const result = await tools.run(file, args, options)
        const words = args.filter((word, index) => index === 0 || word.startsWith('-'))
        this.#count(`${words.join(' ')} ${String(result.exitCode)}`)
        return result
      },
      lines: (file, args, options) => tools.lines(file, args, options),
    }
  }

  /** How often a subcommand, with its flags, ended with a code. */
  count(subcommand: string, code: number): number {
    return this.#counts.get(`${subcommand} ${String(code)}`) ?? 0
  }

  /** Every answer of a subcommand: `5: 12, 0: 200`. */
  answers(subcommand: string): string {
    const of = [...this.#counts].filter(([key]) => key.replace(/ \d+$/, '') === subcommand)
    const each = of.map(([key, count]) => `${key.slice(subcommand.length + 1)}: ${String(count)}`)
    return each.length === 0 ? 'never asked' : each.sort().join(', ')
  }

  #count(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }
}
