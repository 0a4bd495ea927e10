/**
 * Reads a value from outside: gives what it is, as a copy, or throws an Error that says what was expected of `what` and what
 * was got. Nothing is read twice, so that what is checked is what is used.
 */
export type Shape<T = unknown> = (value: unknown, what: string) => T

const SHOWN_MAX = 80

/** A value for the end of an error message. Never throws. */
export function shownValue(value: unknown): string {
  try {
    const json = typeof value === 'function' ? 'a function' : (JSON.stringify(value) as string | undefined)
    return json === undefined ? 'none' : json.length > SHOWN_MAX ? `${json.slice(0, SHOWN_MAX)}…` : json
  } catch {
    return `a value of the type ${typeof value}`
  }
}

/** What does not fit. Where it is is put together on the way out: most values fit, and a listing reads thousands. */
class Misfit extends Error {
  readonly #where: string
  readonly #rest: string

  constructor(where: string, rest: string) {
    super(`expected ${where} ${rest}`)
    this.#where = where
    this.#rest = rest
  }

  within(what: string): Misfit {
    return new Misfit(`${what}${this.#where}`, this.#rest)
  }
}

function within(what: string, error: unknown): unknown {
  return error instanceof Misfit ? error.within(what) : error
}

/** The shape of what fits, called what is expected. */
export function shape<T>(expected: string, fits: (value: unknown) => boolean): Shape<T> {
  return (value, what) => {
    if (fits(value)) return value as T
    throw new Misfit(what, `to be ${expected}, got ${shownValue(value)}`)
  }
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** Any string, also an empty one. */
export const text = shape<string>('a text', value => typeof value === 'string')
/** A boolean, and not what is merely true. */
export const flag = shape<boolean>('true or false', value => typeof value === 'boolean')
/** A number without a fraction that JSON keeps as it is. */
export const integer = shape<number>('a whole number', Number.isSafeInteger)
/** How many there are, or how much it is. */
export const count = shape<number>(
  'a whole number, 0 or more',
  value => Number.isSafeInteger(value) && (value as number) >= 0,
)
/** How many there are of what has to be there. */
export const positive = shape<number>(
  'a whole number, 1 or more',
  value => Number.isSafeInteger(value) && (value as number) > 0,
)
/** ISO 8601 in UTC, as in all JSON of this program. */
export const time = shape<string>(
  'a time such as 2030-01-31T08:00:00Z',
  value => typeof value === 'string' && TIME.test(value),
)
/** A Buffer is one too. */
export const bytes = shape<Uint8Array>('bytes', value => value instanceof Uint8Array)

/** One of these words. */
export function oneOf<T extends string>(words: readonly T[]): Shape<T> {
  return shape(`one of ${words.join(', ')}`, value => words.includes(value as T))
}

/** Also null. */
export function orNull<T>(read: Shape<T>): Shape<T | null> {
  return (value, what) => (value === null ? null : read(value, what))
}

/** Also not there at all. */
export function optional<T>(read: Shape<T>): Shape<T | undefined> {
  return (value, what) => (value === undefined ? undefined : read(value, what))
}

/** A list, all of one shape. */
export function listOf<T>(read: Shape<T>): Shape<T[]> {
  const list = shape<unknown[]>('a list', Array.isArray)
  return (value, what) =>
    list(value, what).map((item, index) => {
      try {
        return read(item, '')
      } catch (error) {
        throw within(`${what}[${String(index)}]`, error)
      }
    })
}

/** A plain object of these fields; others are left behind. */
export function objectOf<T extends object>(fields: {readonly [K in keyof T]-?: Shape<T[K]>}): Shape<T> {
  const object = shape<Record<string, unknown>>('an object', value => value !== null && typeof value === 'object')
  const entries = Object.entries<Shape>(fields).map(([name, field]) => ({name, field, where: `.${name}`}))
  return (value, what) => {
    const from = object(value, what)
    const copy: Record<string, unknown> = {}
    try {
      for (const {name, field, where} of entries) {
        const found = field(from[name], where)
        if (found !== undefined) copy[name] = found
      }
    } catch (error) {
      throw within(what, error)
    }
    return copy as T
  }
}
