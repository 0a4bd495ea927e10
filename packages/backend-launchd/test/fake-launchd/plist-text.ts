import {parse, type PlistValue} from 'plist'

/** A dictionary of a property list. */
export type PlistDictionary = Readonly<Record<string, PlistValue>>

// The library takes all of these; the parser of macOS takes none.
const REFUSED: readonly [what: string, pattern: RegExp][] = [
  ['an ampersand that begins no entity', /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-fA-F]+);)/],
  ['an integer that is none', /<integer>(?!\s*[+-]?\d+\s*<\/integer>)/],
  ['a character outside XML', /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u],
  ['a reference to one', /&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcef]|1[\da-f]|fff[ef]));/i],
  ['two hyphens inside a comment', /<!--(?:(?!-->)[^])*?--(?!>)/],
]

/** Reads a definition as strictly as launchd does; null where it is no property list in XML with a dictionary in it. */
export function parsePlist(bytes: Uint8Array): PlistDictionary | null {
  try {
    const text = new TextDecoder('utf-8', {fatal: true}).decode(bytes)
    if (REFUSED.some(([, pattern]) => pattern.test(text))) return null
    // The library takes these for ends of lines, as XML 1.0 does not; references it leaves alone.
    const value = parse(text.replaceAll(/[\u0085\u2028\u2029]/g, end => `&#${String(end.charCodeAt(0))};`))
    return isDictionary(value) ? value : null
  } catch {
    return null
  }
}

/** Whether a value of a property list is a dictionary. */
export function isDictionary(value: PlistValue | undefined): value is Record<string, PlistValue> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
