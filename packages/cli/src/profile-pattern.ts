import {serviceError} from '@hermes-svc/core'

/** One piece of a pattern: any run of characters, or one character that the test holds for. */
type Piece = 'run' | ((character: string) => boolean)

/** Whether a word is a pattern. No profile name has any of these characters. */
export function isPattern(word: string): boolean {
  return /[*?[]/.test(word)
}

function piecesOf(pattern: string): Piece[] | null {
  const pieces: Piece[] = []
  let rest = pattern
  while (rest !== '') {
    const [token, negation, members] = /^(?:[*?a-z0-9_-]|\[([!^]?)([a-z0-9_-]+)\])/.exec(rest) ?? []
    if (token === undefined) return null
    rest = rest.slice(token.length)
    if (token === '*') pieces.push('run')
    else if (token === '?') pieces.push(() => true)
    else if (members === undefined) pieces.push(character => character === token)
    else {
      try {
        const set = new RegExp(`[${negation ? '^' : ''}${members}]`)
        pieces.push(character => set.test(character))
      } catch {
        // A range that ends before it begins.
        return null
      }
    }
  }
  return pieces
}

/** Goes back to the last run only, which is enough: time grows with the product of both lengths. */
function fits(pieces: readonly Piece[], name: string): boolean {
  let [piece, at] = [0, 0]
  let lastRun: {readonly piece: number; at: number} | null = null
  while (at < name.length) {
    const wanted = pieces[piece]
    if (wanted === 'run') {
      lastRun = {piece, at}
      piece += 1
    } else if (wanted?.(name[at] ?? '') === true) {
      piece += 1
      at += 1
    } else if (lastRun) {
      lastRun.at += 1
      piece = lastRun.piece + 1
      at = lastRun.at
    } else return false
  }
  return pieces.slice(piece).every(left => left === 'run')
}

/**
 * Reads a pattern as shells do: `*` any characters, `?` one, `[ab]` and `[a-c]` one of these, `[!ab]` one other. Gives what
 * tells whether a name fits as a whole. Throws HSVC_INVALID_PROFILE for one that no profile name could fit.
 */
export function parsePattern(pattern: string): (name: string) => boolean {
  const pieces = piecesOf(pattern)
  if (pieces) return name => fits(pieces, name)
  const rule = 'lower-case letters, digits, "_" and "-" with *, ? and [ab] among them'
  throw serviceError('HSVC_INVALID_PROFILE', `expected a pattern of ${rule}; got ${JSON.stringify(pattern)}`)
}
