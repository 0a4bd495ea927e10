/**
 * How the words of a command line are read back on Windows, as Microsoft documents it for CommandLineToArgvW and for the C
 * runtime ("Parsing C command-line arguments"). Of two quotation marks within quotes the runtime makes one and stays in
 * quotes, where CommandLineToArgvW makes one and leaves them.
 */
export type Reader = 'CommandLineToArgvW' | 'C runtime'

export const READERS: readonly Reader[] = ['CommandLineToArgvW', 'C runtime']

/** The first word has no escapes: it is the name of a program. */
function takeProgram(line: string): [program: string, rest: string] {
  const quoted = /^"([^"]*)"?/.exec(line)
  const word = quoted ?? /^[^ \t]*/.exec(line)
  return [quoted?.[1] ?? word?.[0] ?? '', line.slice(word?.[0].length ?? 0)]
}

/** Takes a command line apart, the program first. */
export function readCommandLine(line: string, reader: Reader): string[] {
  const [program, rest] = takeProgram(line)
  const words = [program]
  let word: string | null = null
  let isQuoted = false
  let at = 0
  while (at < rest.length) {
    const character = rest.charAt(at)
    if (!isQuoted && (character === ' ' || character === '\t')) {
      if (word !== null) words.push(word)
      word = null
      at += 1
      continue
    }
    word ??= ''
    let backslashes = 0
    while (rest.charAt(at + backslashes) === '\\') backslashes += 1
    if (backslashes > 0) {
      at += backslashes
      const isBeforeQuote = rest.charAt(at) === '"'
      word += '\\'.repeat(isBeforeQuote ? Math.floor(backslashes / 2) : backslashes)
      if (isBeforeQuote && backslashes % 2 === 1) {
        word += '"'
        at += 1
      }
      continue
    }
    at += 1
    if (character !== '"') word += character
    else if (isQuoted && rest.charAt(at) === '"') {
      word += '"'
      at += 1
      isQuoted = reader === 'C runtime'
    } else isQuoted = !isQuoted
  }
  if (word !== null) words.push(word)
  return words
}
