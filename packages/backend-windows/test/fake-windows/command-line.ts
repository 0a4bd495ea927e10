/**
 * Arguments as CommandLineToArgvW splits what follows the program: a run of backslashes before a quote is halved, an odd
 * one makes the quote a character, and the third quote in a row is one too.
 */
export function splitArguments(text: string): string[] {
  const found: string[] = []
  let current: string | null = null
  let quotes = 0
  let at = 0
  while (at < text.length) {
    const [backslashes = ''] = /^\\*/.exec(text.slice(at)) ?? []
    at += backslashes.length
    const character = text.charAt(at)
    if (character === '"') {
      at += 1
      current = (current ?? '') + '\\'.repeat(Math.floor(backslashes.length / 2))
      if (backslashes.length % 2 === 1) current += '"'
      else quotes += 1
      for (; text.charAt(at) === '"'; at += 1) {
        quotes += 1
        if (quotes < 3) continue
        current += '"'
        quotes = 0
      }
      if (quotes === 2) quotes = 0
      continue
    }
    if (backslashes !== '') current = (current ?? '') + backslashes
    if (character === '') break
    at += 1
    if (quotes === 0 && (character === ' ' || character === '\t')) {
      if (current !== null) found.push(current)
      current = null
    } else current = (current ?? '') + character
  }
  if (current !== null) found.push(current)
  return found
}

/** A whole command line; for the program itself backslashes mean nothing. */
export function splitCommandLine(line: string): string[] {
  const [, quoted, plain, rest = ''] = /^\s*(?:"([^"]*)"?|(\S*))(.*)$/s.exec(line) ?? []
  return [quoted ?? plain ?? '', ...splitArguments(rest)]
}

/**
 * Names between percent signs as ExpandEnvironmentStringsW replaces them: in any case; an unknown one stays, and the sign
 * behind it may begin another. What is put in is not looked at again.
 */
export function expandVariables(text: string, env: Readonly<Record<string, string | undefined>>): string {
  const values = new Map(Object.entries(env).map(([name, value]) => [name.toLowerCase(), value]))
  const [first = '', ...rest] = text.split('%')
  let expanded = first
  for (let at = 0; at < rest.length; at += 1) {
    const part = rest[at] ?? ''
    const value = at + 1 < rest.length ? values.get(part.toLowerCase()) : undefined
    expanded += value === undefined ? `%${part}` : `${value}${rest[(at += 1)] ?? ''}`
  }
  return expanded
}
