import {setTimeout as delay} from 'node:timers/promises'
import {appendJson} from './json-files.js'
import type {Machine} from './machine.js'
import type {Ask, Ending, Program} from './program.js'
import type {Tool} from './settings.js'
import type {Call} from './state-files.js'

/** A program of System32 that only answers. */
export type AnsweringTool = Exclude<Tool, 'wscript'>

// Each is a process of its own, which reads only what it needs.
const PROGRAMS: Readonly<Record<AnsweringTool, () => Promise<Program>>> = {
  schtasks: async () => (await import('./schtasks.js')).schtasks,
  whoami: async () => (await import('./whoami.js')).whoami,
  net: async () => (await import('./net.js')).net,
  taskkill: async () => (await import('./taskkill.js')).taskkill,
}

const POLL_MS = 10

/**
 * Does what a program was called for, and notes the call. The faults are those of schtasks alone. Rejects AbortError when the
 * signal aborts, and does nothing that was not begun.
 */
export async function runProgram(
  machine: Machine,
  tool: AnsweringTool,
  argv: readonly string[],
  ask: Ask,
  signal?: AbortSignal,
): Promise<Ending> {
  const log = (code: number | null): void => {
    const call: Call = {tool, argv, code, atMs: Date.now()}
    appendJson(machine.files.calls, call)
  }
  const hangs = (): boolean => tool === 'schtasks' && machine.faults.hangs
  if (hangs()) log(null)
  while (hangs()) await delay(POLL_MS, undefined, {signal})
  signal?.throwIfAborted()
  const program = await PROGRAMS[tool]()
  const ending = await program(machine, argv, ask)
  if (tool === 'schtasks') await delay(machine.faults.latencyMs, undefined, {signal})
  log(ending.exitCode)
  return ending
}
