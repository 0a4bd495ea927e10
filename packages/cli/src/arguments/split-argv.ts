/** What a command reads itself, and what it passes on untouched. */
export interface SplitArgv {
  readonly own: string[]
  /** null when there is no `--`; after one it may be empty. */
  readonly passedOn: string[] | null
}

/** Splits at the first `--`. oclif gives the same words with and without it, so this has to see the raw ones. */
export function splitArgv(argv: readonly string[]): SplitArgv {
  const at = argv.indexOf('--')
  return at === -1 ? {own: [...argv], passedOn: null} : {own: argv.slice(0, at), passedOn: argv.slice(at + 1)}
}
