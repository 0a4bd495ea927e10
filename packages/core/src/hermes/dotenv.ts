/** What a `.env` gives, by key: null where the text names other variables, as `${NAME}` does. */
export type DotenvValues = ReadonlyMap<string, string | null>

const SPACES = /\s*/y
const BLANKS = /[^\S\r\n]*/y
const EXPORT = /export[^\S\r\n]+/y
const QUOTED_KEY = /'([^']+)'/y
const KEY = /[^=#\s]+/y
const EQUAL_SIGN = /=[^\S\r\n]*/y
const SINGLE_QUOTED = /'((?:\\'|[^'])*)'/y
const DOUBLE_QUOTED = /"((?:\\"|[^"])*)"/y
const REST = /[^\r\n]*/y
const END = /(?:[^\S\r\n]*#[^\r\n]*)?[^\S\r\n]*(?:\r\n|\n|\r|$)/y

const ESCAPED: Readonly<Record<string, string>> = {a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v'}

/** Reads one piece after the other. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get next(): string {
    return this.#text.charAt(this.#at)
  }

  /** What the pattern captures here, else what it matches; null where it does not match. */
  take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (!match) return null
    this.#at = pattern.lastIndex
    return match[1] ?? match[0]
  }
}

function readValue(reader: Reader): string | null {
  if (reader.next === "'") return reader.take(SINGLE_QUOTED)?.replaceAll(/\\([\\'])/g, '$1') ?? null
  if (reader.next === '"') {
    const quoted = reader.take(DOUBLE_QUOTED)
    return quoted?.replaceAll(/\\([\\'"abfnrtv])/g, (_all, mark: string) => ESCAPED[mark] ?? mark) ?? null
  }
  return (reader.take(REST) ?? '').replace(/\s#[^]*/, '').trimEnd()
}

/** One assignment; a value of null is a key without one. null for what python-dotenv passes over. */
function readBinding(reader: Reader): [key: string, value: string | null] | null {
  reader.take(EXPORT)
  const key = reader.next === "'" ? reader.take(QUOTED_KEY) : reader.take(KEY)
  if (key === null) return null
  reader.take(BLANKS)
  const assigns = reader.take(EQUAL_SIGN) !== null
  const value = assigns ? readValue(reader) : null
  if ((assigns && value === null) || reader.take(END) === null) return null
  return [key, value]
}

/**
 * Reads a `.env` as python-dotenv does, with which Hermes loads it (https://github.com/theskumar/python-dotenv, its
 * parser.py): a `#` needs a space before it to start a comment, backticks quote nothing, and a line that is no assignment is passed over.
 * Readers made for JavaScript differ in these, and would take two tokens for one. Of equal keys the last counts.
 */
export function parseDotenv(text: string): DotenvValues {
  const values = new Map<string, string | null>()
  // Hermes removes them before it parses: no environment could hold them.
  const reader = new Reader(text.replaceAll('\0', ''))
  for (reader.take(SPACES); reader.next !== ''; reader.take(SPACES)) {
    const binding = readBinding(reader)
    if (!binding) {
      reader.take(REST)
      continue
    }
    const [key, value] = binding
    if (value === null) values.delete(key)
    else values.set(key, value.includes('${') ? null : value)
  }
  return values
}
