import {createContext, runInContext} from 'node:vm'
import type {ScriptEngine} from '../dist/launcher.js'

/** What a script asked the shell to run. */
export interface ShellRun {
  readonly line: string
  readonly window: number
  readonly waits: boolean
}

/** How a script ended, and what it ran before. */
export interface ScriptRun {
  readonly exitCode: number
  readonly runs: readonly ShellRun[]
}

/** The machine that a script sees. */
export interface ScriptMachine {
  readonly files: ReadonlySet<string>
  /** Exit code of whatever is run and waited for. */
  readonly exitCode: number
}

/** Leaves a script, as WScript.Quit does. */
class Quit extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`quit with ${String(exitCode)}`)
    this.exitCode = exitCode
  }
}

/** The objects of the Windows Script Host that a launcher may use; it has no others. */
class Objects {
  readonly runs: ShellRun[] = []
  readonly #machine: ScriptMachine

  constructor(machine: ScriptMachine) {
    this.#machine = machine
  }

  create(name: string): object {
    if (name === 'Scripting.FileSystemObject') return {FileExists: (path: string) => this.#machine.files.has(path)}
    if (name === 'WScript.Shell') return {Run: this.#run}
    throw new Error(`expected an object that launchers use, got ${name}`)
  }

  readonly #run = (line: string, window: number, waits: boolean): number => {
    this.runs.push({line, window, waits})
    return waits ? this.#machine.exitCode : 0
  }
}

function runJscript(text: string, objects: Objects): void {
  // A constructor that gives an object gives that one.
  function ActiveXObject(name: string): object {
    return objects.create(name)
  }
  const quit = (exitCode: number): never => {
    throw new Quit(exitCode)
  }
  runInContext(text, createContext({ActiveXObject, WScript: {Quit: quit}}))
}

/** A literal, a character by its number, or several of both with `&` between them. */
function evaluateText(expression: string): string {
  const term = /^\s*(?:"((?:[^"]|"")*)"|ChrW\((\d+)\))\s*(?:&|$)/
  let rest = expression
  let text = ''
  while (rest !== '') {
    const [all, literal, number] = term.exec(rest) ?? []
    if (all === undefined) throw new Error(`expected a text in VBScript, got ${rest}`)
    text += literal === undefined ? String.fromCharCode(Number(number)) : literal.replaceAll('""', '"')
    rest = rest.slice(all.length)
  }
  return text
}

/** The few statements of VBScript that a launcher is made of, each on a line of its own. */
function runVbscript(text: string, objects: Objects): void {
  const named = new Map<string, object>()
  const member = (object: string, name: string): ((...args: unknown[]) => unknown) => {
    const value = (named.get(object) as Record<string, unknown> | undefined)?.[name]
    if (typeof value !== 'function') throw new Error(`expected an object with ${name}, got ${object}`)
    return value as (...args: unknown[]) => unknown
  }
  for (const line of text.split('\r\n')) {
    if (line === '' || line.startsWith("'") || line === 'Option Explicit' || /^Dim \w+(?:, \w+)*$/.test(line)) continue
    const created = /^Set (\w+) = CreateObject\("([\w.]+)"\)$/.exec(line)
    const missing = /^If Not (\w+)\.FileExists\((.*)\) Then WScript\.Quit (\d+)$/.exec(line)
    const run = /^WScript\.Quit (\w+)\.Run\((.*), (\d+), (True|False)\)$/.exec(line)
    if (created) named.set(created[1] ?? '', objects.create(created[2] ?? ''))
    else if (missing) {
      const [, object = '', path = '', exitCode] = missing
      if (member(object, 'FileExists')(evaluateText(path)) === false) throw new Quit(Number(exitCode))
    } else if (run) {
      const [, object = '', command = '', window, waits] = run
      throw new Quit(member(object, 'Run')(evaluateText(command), Number(window), waits === 'True') as number)
    } else throw new Error(`expected a statement that launchers are made of, got ${line}`)
  }
}

/** Runs a script as wscript.exe would. Throws for what a launcher has no business to do. */
export function runScript(engine: ScriptEngine, text: string, machine: ScriptMachine): ScriptRun {
  const objects = new Objects(machine)
  try {
    if (engine === 'jscript') runJscript(text, objects)
    else runVbscript(text, objects)
  } catch (error) {
    if (error instanceof Quit) return {exitCode: error.exitCode, runs: objects.runs}
    throw error
  }
  return {exitCode: 0, runs: objects.runs}
}
