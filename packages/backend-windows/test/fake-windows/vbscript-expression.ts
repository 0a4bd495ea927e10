import type {Token} from './vbscript-tokens.js'

type Callable = (...args: unknown[]) => unknown

/** Gives the value of a name that is no function of the language's own; throws where there is none. */
export type Lookup = (name: string) => unknown

/** A member in any case; throws where an object has none. */
export function findMember(object: unknown, name: string): string {
  const found = Object.keys(object as object).find(key => key.toLowerCase() === name)
  if (found === undefined) throw new Error(`expected a member that the fake knows, got ${name}`)
  return found
}

const COMPARISONS: Readonly<Record<string, (one: never, other: never) => boolean>> = {
  '=': (one, other) => one === other,
  '<>': (one, other) => one !== other,
  '<': (one, other) => one < other,
  '>': (one, other) => one > other,
  '<=': (one, other) => one <= other,
  '>=': (one, other) => one >= other,
}

/** Reads expressions from the words of one statement, and gives their values at once. */
export class ExpressionReader {
  readonly #tokens: readonly Token[]
  readonly #lookup: Lookup
  #at: number

  constructor(tokens: readonly Token[], at: number, lookup: Lookup) {
    this.#tokens = tokens
    this.#at = at
    this.#lookup = lookup
  }

  get at(): number {
    return this.#at
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  /** Takes that word or sign, if it is the next. */
  takes(text: string): boolean {
    const token = this.#tokens[this.#at]
    if (token === undefined || token.kind === 'value' || token.text !== text) return false
    this.#at += 1
    return true
  }

  takeWord(): string {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'word') throw new SyntaxError(`expected a name at word ${String(this.#at + 1)}`)
    this.#at += 1
    return token.text
  }

  expect(text: string): void {
    if (!this.takes(text)) throw new SyntaxError(`expected ${text} at word ${String(this.#at + 1)}`)
  }

  read(): unknown {
    let value = this.#readConjunction()
    while (this.takes('or')) {
      const other = this.#readConjunction()
      value = Boolean(value) || Boolean(other)
    }
    return value
  }

  /** Arguments up to the end of the statement, or to a closing parenthesis. */
  readArguments(): unknown[] {
    const args: unknown[] = []
    if (this.isAtEnd || this.takes(')')) return args
    do args.push(this.read())
    while (this.takes(','))
    if (this.#at < this.#tokens.length) this.expect(')')
    return args
  }

  /** What follows a value: members and calls, up to an assignment. */
  readPostfix(start: unknown): unknown {
    let value = start
    for (;;) {
      const isCall = typeof value === 'function'
      if (this.takes('.')) {
        const name = this.takeWord()
        const object = value as Record<string, unknown>
        const member = object[findMember(object, name)]
        if (typeof member !== 'function') value = member
        else value = (member as Callable).apply(object, this.takes('(') ? this.readArguments() : [])
      } else if (isCall && this.takes('(')) value = (value as Callable)(...this.readArguments())
      else return value
    }
  }

  #readConjunction(): unknown {
    let value = this.#readNegation()
    while (this.takes('and')) {
      const other = this.#readNegation()
      value = Boolean(value) && Boolean(other)
    }
    return value
  }

  #readNegation(): unknown {
    return this.takes('not') ? !this.#readNegation() : this.#readComparison()
  }

  #readComparison(): unknown {
    const value = this.#readConcatenation()
    const sign = Object.keys(COMPARISONS).find(each => this.takes(each))
    if (sign === undefined) return value
    return COMPARISONS[sign]?.(value as never, this.#readConcatenation() as never)
  }

  #readConcatenation(): unknown {
    let value = this.#readSum()
    while (this.takes('&')) value = `${String(value)}${String(this.#readSum())}`
    return value
  }

  #readSum(): unknown {
    let value = this.#readOperand()
    for (;;) {
      if (this.takes('+')) value = (value as number) + (this.#readOperand() as number)
      else if (this.takes('-')) value = (value as number) - (this.#readOperand() as number)
      else return value
    }
  }

  #readOperand(): unknown {
    if (this.takes('-')) return -(this.#readOperand() as number)
    if (this.takes('(')) {
      const value = this.read()
      this.expect(')')
      return value
    }
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'value') return this.readPostfix(this.#lookup(this.takeWord()))
    this.#at += 1
    return token.value
  }
}
