/** A word of VBScript; words are in lower case. */
export type Token =
  {readonly kind: 'word' | 'sign'; readonly text: string} | {readonly kind: 'value'; readonly value: string | number}

const TOKEN = /\s*(?:("(?:[^"\r\n]|"")*")|(&H[0-9A-F]+&?|\d+)|([A-Z][A-Z0-9_]*)|(<>|<=|>=|[-+&=<>().,])|(\S))/giy

function tokenOf(line: string, [, text, number, word, sign, other]: RegExpExecArray): Token {
  if (text !== undefined) return {kind: 'value', value: text.slice(1, -1).replaceAll('""', '"')}
  if (number !== undefined) return {kind: 'value', value: Number(number.replace(/^&H/i, '0x').replace('&', ''))}
  if (word !== undefined) return {kind: 'word', text: word.toLowerCase()}
  if (sign !== undefined) return {kind: 'sign', text: sign}
  throw new SyntaxError(`expected VBScript, got ${other ?? ''} in ${line}`)
}

function withoutComment(line: string): string {
  return line.replace(/^((?:[^"']|"[^"]*")*)'.*$/, '$1').replace(/^\s*rem\b.*$/i, '')
}

/** The statements of a script, each as its words. `_` at the end of a line continues it; `:` is not known. */
export function readStatements(script: string): Token[][] {
  const lines = script.split(/\r\n|\n/).map(withoutComment)
  const joined = lines
    .join('\n')
    .replace(/ _[ \t]*\n/g, ' ')
    .split('\n')
  return joined
    .map(line => {
      const pattern = new RegExp(TOKEN)
      const tokens: Token[] = []
      const text = line.trimEnd()
      while (pattern.lastIndex < text.length) {
        const match = pattern.exec(text)
        if (match === null) throw new SyntaxError(`expected VBScript, got ${line}`)
        tokens.push(tokenOf(line, match))
      }
      return tokens
    })
    .filter(tokens => tokens.length > 0)
}
