/** A word in single quotes, which dash(1) reads back byte for byte; it must have no NUL. Pure. */
export function quoteShellWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
