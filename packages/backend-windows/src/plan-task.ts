import {dirname, join} from 'node:path'
import type {BackendContext, GatewaySpec, Plan, PlanEntry} from '@hermes-svc/core'
import {
  batchRefusal,
  definitionDirectory,
  IF_WANTED,
  runnerFiles,
  runnerCommand,
  runnerPlanEntries,
} from '@hermes-svc/runner'
import {joinArguments} from './command-line.js'
import {launcherPath, serviceName, startupEntryPath, STARTER_FILE, TASK_FILE} from './gateway-files.js'
import {renderLauncher, type ScriptEngine} from './launcher.js'
import {createArguments} from './schtasks.js'
import {renderStarterNote} from './starter-note.js'
import {taskSource} from './task-definition.js'
import {encodeTask, renderTask, type TaskSpec} from './task-xml.js'
import type {WindowsFacts} from './windows-facts.js'

const KIND = 'windows'
/** Windows holds no longer environment variable (CreateProcess: lpEnvironment), counted in UTF-16 code units. */
const LONGEST_VARIABLE = 32_766
/** CreateProcess: lpCommandLine, with its end. */
const LONGEST_COMMAND_LINE = 32_766

/** What is written for a gateway besides the files of its runner. */
export interface GatewayFiles {
  readonly directory: string
  readonly launcher: PlanEntry
  readonly task: PlanEntry
  /** The entry of the Startup folder; null where there is to be none. */
  readonly startup: PlanEntry | null
}

function file(path: string, contents: string | Buffer): PlanEntry {
  const bytes = typeof contents === 'string' ? Buffer.from(contents) : contents
  return {kind: 'file', path, mode: 0o600, owner: null, contents: bytes, sensitive: false}
}

/** The script that starts the runner of a directory. Pure. */
export function launcherScript(profile: string, directory: string, engine: ScriptEngine, waits: boolean): string {
  return renderLauncher(engine, {
    title: `Starts the Hermes gateway ${profile} without a window. Made by hermes-svc, which writes it anew.`,
    program: [...runnerCommand(directory), IF_WANTED],
    required: runnerFiles(),
    waits,
  })
}

/** Gives a task to an account that an administrator makes it for: it, SYSTEM and administrators may do all (SDDL). */
export function ownersDescriptor(userId: string): string {
  return `D:P(A;;FA;;;${userId})(A;;FA;;;SY)(A;;FA;;;BA)`
}

/** The task and the scripts of a gateway. Pure. */
export function gatewayFiles(spec: GatewaySpec, facts: WindowsFacts, securityDescriptor?: string): GatewayFiles {
  const {profile, description, autostart} = spec
  const {engine, scriptHost, startup, userId} = facts
  const directory = definitionDirectory(KIND, facts, profile)
  const launcher = launcherPath(directory, engine)
  const language = engine === 'vbscript' ? [] : ['//E:JScript']
  const args = joinArguments(['//B', '//Nologo', ...language, launcher])
  const made: Omit<TaskSpec, 'source'> = {
    description,
    userId,
    command: scriptHost,
    args,
    autostart,
    ...(securityDescriptor === undefined ? {} : {securityDescriptor}),
  }
  const source = taskSource(directory, JSON.stringify(made))
  return {
    directory,
    launcher: file(launcher, launcherScript(profile, directory, engine, true)),
    task: file(join(directory, TASK_FILE), encodeTask(renderTask({...made, source}))),
    startup:
      startup === null || !autostart
        ? null
        : file(startupEntryPath(startup, profile, engine), launcherScript(profile, directory, engine, false)),
  }
}

/** Throws HSVC_INVALID_SPEC for what no Windows process can be given, or no task can be told. */
export function assertExpressible(
  {profile, argv, env}: GatewaySpec,
  {task, launcher}: GatewayFiles,
  context: BackendContext,
): void {
  const refuse = (message: string, hint: string): never => {
    throw context.error('HSVC_INVALID_SPEC', message, {hint, profile})
  }
  const batch = batchRefusal(argv, 'win32')
  if (batch !== null) refuse(batch, 'name the program that the batch file runs, or leave that argument out')
  const line = joinArguments(argv)
  if (line.length > LONGEST_COMMAND_LINE) {
    const got = `one of ${String(line.length)}`
    refuse(
      `argv: expected a command line of at most ${String(LONGEST_COMMAND_LINE)} characters, got ${got}`,
      'shorten it',
    )
  }
  const names = new Map<string, string>()
  for (const [key, value] of Object.entries(env)) {
    const other = names.get(key.toLowerCase())
    if (other !== undefined)
      refuse(`env: expected names that differ in more than case, got ${other} and ${key}`, `leave one of them out`)
    names.set(key.toLowerCase(), key)
    if (key.length + value.length >= LONGEST_VARIABLE) {
      const got = `one of ${String(value.length)}`
      refuse(
        `env.${key}: expected at most ${String(LONGEST_VARIABLE)} characters with its name, got ${got}`,
        'shorten it',
      )
    }
  }
  // Windows puts a variable for what is between two percent signs, the Task Scheduler an argument for $(Arg0): neither can be quoted.
  const path = [launcher.path, ...runnerCommand(dirname(task.path))].find(each => /%[^%]+%|\$\(/.test(each))
  if (path !== undefined)
    refuse(`${path}: expected a path that Windows takes literally, got one with %…% or $(`, 'use another directory')
}

/** What install would do. Pure. Throws HSVC_INVALID_SPEC. */
export function planTask(spec: GatewaySpec, facts: WindowsFacts, context: BackendContext): Plan {
  const {profile, userSet} = spec
  const files = gatewayFiles(spec, facts)
  assertExpressible(spec, files, context)
  const asTask = facts.starter === 'task'
  const note = file(
    join(files.directory, STARTER_FILE),
    renderStarterNote({starter: facts.starter, autostart: spec.autostart}),
  )
  const extra = asTask ? [files.launcher, files.task, note] : [note, ...(files.startup === null ? [] : [files.startup])]
  const notes = userSet.includes('argv')
    ? ['stop ends the program of its own ARGV at once: Windows has nothing that asks it to end']
    : []
  return {
    entries: [...runnerPlanEntries(KIND, spec, context.paths), ...extra],
    commands: asTask ? [{file: facts.schtasks, args: createArguments(serviceName(profile), files.task.path)}] : [],
    notes,
  }
}
