import type {ScriptHost} from './script-host.js'
import {ExpressionReader, findMember} from './vbscript-expression.js'
import {readStatements, type Token} from './vbscript-tokens.js'

function functionsOf(host: ScriptHost): Readonly<Record<string, unknown>> {
  return {
    wscript: host.WScript,
    createobject: (name: string) => host.createObject(name),
    chr: (code: number) => String.fromCharCode(code),
    chrw: (code: number) => String.fromCharCode(code),
    array: (...values: unknown[]) => values,
    true: true,
    false: false,
    vbcrlf: '\r\n',
  }
}

function firstWords(tokens: readonly Token[] | undefined): string {
  return (tokens ?? [])
    .slice(0, 2)
    .map(token => (token.kind === 'word' ? token.text : ''))
    .join(' ')
}

/**
 * The part of VBScript that launchers need: Option Explicit, Dim, Set, assignments, calls, If on one line or as a block
 * with ElseIf and Else, For Each, and expressions. There are no errors that are resumed from, no procedures and no loops.
 */
class Interpreter {
  readonly #statements: readonly Token[][]
  readonly #names: Readonly<Record<string, unknown>>
  readonly #variables = new Map<string, unknown>()

  constructor(script: string, host: ScriptHost) {
    this.#statements = readStatements(script)
    this.#names = functionsOf(host)
  }

  run(): void {
    if (firstWords(this.#statements[0]) !== 'option explicit') throw new SyntaxError('expected Option Explicit')
    this.#runBlock(1, this.#statements.length)
  }

  #lookup = (name: string): unknown => {
    if (this.#variables.has(name)) return this.#variables.get(name)
    if (!(name in this.#names)) throw new Error(`expected a name that the fake knows, got ${name}`)
    return this.#names[name]
  }

  #reader(tokens: readonly Token[], at = 0): ExpressionReader {
    return new ExpressionReader(tokens, at, this.#lookup)
  }

  #runBlock(start: number, end: number): void {
    let at = start
    while (at < end) at = this.#runStatement(at)
  }

  /** Runs the statement at a place, and gives the place of the next. */
  #runStatement(at: number): number {
    const tokens = this.#statements[at] ?? []
    const [first = ''] = firstWords(tokens).split(' ')
    if (first === 'if') return this.#runIf(at, tokens)
    if (first === 'for') return this.#runLoop(at, tokens)
    this.#runSimple(tokens)
    return at + 1
  }

  #runSimple(tokens: readonly Token[]): void {
    const reader = this.#reader(tokens)
    if (reader.takes('dim')) {
      do this.#variables.set(reader.takeWord(), undefined)
      while (reader.takes(','))
    } else {
      const isReference = reader.takes('set')
      this.#runAssignmentOrCall(reader, isReference)
    }
    if (!reader.isAtEnd) throw new SyntaxError(`expected the end of a statement at word ${String(reader.at + 1)}`)
  }

  #runAssignmentOrCall(reader: ExpressionReader, isReference: boolean): void {
    const name = reader.takeWord()
    if (reader.takes('=')) {
      if (!this.#variables.has(name)) throw new Error(`expected a variable that was declared, got ${name}`)
      const value = reader.read()
      if ((typeof value === 'object') !== isReference && !Array.isArray(value)) throw new Error(`Set and ${name}`)
      this.#variables.set(name, value)
      return
    }
    reader.expect('.')
    const object = this.#lookup(name) as Record<string, unknown>
    const key = findMember(object, reader.takeWord())
    const member = object[key]
    if (typeof member === 'function') (member as (...args: unknown[]) => unknown).apply(object, reader.readArguments())
    else {
      reader.expect('=')
      object[key] = reader.read()
    }
  }

  #runIf(at: number, tokens: readonly Token[]): number {
    const reader = this.#reader(tokens, 1)
    const holds = Boolean(reader.read())
    reader.expect('then')
    if (!reader.isAtEnd) {
      if (holds) this.#runSimple(tokens.slice(reader.at))
      return at + 1
    }
    return this.#runBranches(at, holds)
  }

  #runBranches(at: number, first: boolean): number {
    const end = this.#findEnd(at, 'if', ['end if'])
    let holds = first
    let isDone = false
    let start = at + 1
    for (const next of [...this.#findBranches(at, end), end]) {
      if (holds && !isDone) {
        this.#runBlock(start, next)
        isDone = true
      }
      const branch = this.#reader(this.#statements[next] ?? [])
      holds = branch.takes('elseif') ? !isDone && Boolean(branch.read()) : !isDone
      start = next + 1
    }
    return end + 1
  }

  #findBranches(at: number, end: number): number[] {
    const found: number[] = []
    for (let place = at + 1; place < end; place += 1) {
      const words = firstWords(this.#statements[place])
      if (this.#opensIf(place)) place = this.#findEnd(place, 'if', ['end if'])
      else if (/^else(?:if)?\b/.test(words)) found.push(place)
    }
    return found
  }

  #runLoop(at: number, tokens: readonly Token[]): number {
    const reader = this.#reader(tokens, 1)
    reader.expect('each')
    const name = reader.takeWord()
    reader.expect('in')
    const values = reader.read()
    if (!Array.isArray(values)) throw new Error('expected an array')
    const end = this.#findEnd(at, 'for', ['next '])
    for (const value of values) {
      this.#variables.set(name, value)
      this.#runBlock(at + 1, end)
    }
    return end + 1
  }

  /** If … Then with nothing behind it. */
  #opensIf(at: number): boolean {
    const tokens = this.#statements[at] ?? []
    const last = tokens.at(-1)
    return firstWords(tokens).startsWith('if ') && last?.kind === 'word' && last.text === 'then'
  }

  #findEnd(at: number, opening: 'if' | 'for', closings: readonly string[]): number {
    let depth = 0
    for (let place = at; place < this.#statements.length; place += 1) {
      const words = firstWords(this.#statements[place])
      const opens = opening === 'if' ? this.#opensIf(place) : words.startsWith('for ')
      if (opens) depth += 1
      if (closings.some(closing => `${words} `.startsWith(closing))) depth -= 1
      if (depth === 0) return place
    }
    throw new SyntaxError(`expected the end of ${opening}`)
  }
}

/** Runs a script of VBScript. */
export function runVBScript(text: string, host: ScriptHost): void {
  new Interpreter(text, host).run()
}
