import {existsSync} from 'node:fs'
import {basename} from 'node:path'
import {expandVariables, splitArguments} from './command-line.js'
import type {Machine} from './machine.js'
import {RESULT} from './results.js'
import {type Run, readRun} from './run.js'
import {actionOf, allowsSeveral, type StoredTask} from './task.js'

/** Programs without a console, under which nothing shows. */
const WINDOWLESS = ['wscript.exe', 'conhost.exe']

/** The last run of a task; null before the first one. */
export function runOf({run}: StoredTask): Run | null {
  return run === null ? null : readRun(run)
}

/** Whether the action of a task lives, or is about to come. */
export function isRunning(task: StoredTask): boolean {
  return runOf(task)?.isOver === false
}

/** The number that Windows shows as last result. */
export function lastResultOf(task: StoredTask): number {
  const run = runOf(task)
  if (run === null) return task.lastResult
  return run.isOver ? run.result : RESULT.running
}

/**
 * Starts the action of a task as a trigger or /Run does, whether that is enabled or not; only for who has the machine
 * exclusively. false where nothing is started, which a caller of schtasks is not told: nobody is logged on, or it runs.
 */
export async function startTask(machine: Machine, task: StoredTask, delayMs = 0): Promise<boolean> {
  if (isRunning(task) && !allowsSeveral(task)) return false
  const started = {...task, lastRunMs: Date.now(), run: null}
  const fail = (lastResult: number): false => {
    machine.save({...started, lastResult})
    return false
  }
  // InteractiveToken.
  if (!machine.isLoggedOn) return fail(RESULT.notLoggedOn)
  const {environment: env} = machine
  const action = actionOf(task)
  const [command, args, cwd] = [action.command, action.args, action.workingDirectory].map(text =>
    expandVariables(text, env),
  )
  if (command === undefined || !existsSync(command)) return fail(RESULT.fileNotFound)
  if (!WINDOWLESS.includes(basename(command).toLowerCase())) machine.flash(command)
  const argv = [command, ...splitArguments(args ?? '')] as const
  // Most calls start nothing.
  const {startRun} = await import('./start-run.js')
  const isKeptHere = machine.staysHere
  const run = startRun(machine.files.runs, {argv, env, delayMs, isKeptHere, cwd: cwd === '' ? undefined : cwd})
  machine.save({...started, run})
  return true
}
