import type {Machine} from './machine.js'
import type {Messages} from './messages.js'
import type {Ask} from './program.js'
import {FAILURE, type Failure} from './results.js'
import type {Settings} from './settings.js'
import type {StoredTask} from './task.js'

/** What schtasks says and ends with; the code is that after /HRESULT. */
export interface Answer {
  readonly code: 0 | Failure
  readonly stdout: string
  readonly stderr: string
}

/** One call of schtasks. */
export interface Invocation {
  readonly machine: Machine
  readonly settings: Settings
  readonly messages: Messages
  /** Options in capitals, with their values; null for those without one. */
  readonly options: ReadonlyMap<string, string | null>
  readonly ask: Ask
}

/** What schtasks can do. */
export interface Subcommand {
  /** Options that it takes, and whether each has a value. */
  readonly options: Readonly<Record<string, boolean>>
  run(invocation: Invocation): Answer | Promise<Answer>
}

/** Success, with a text in which %1 is the task's name. */
export function succeed({messages, options}: Invocation, text: string): Answer {
  const said = text.replace('%1', options.get('/TN') ?? '')
  return {code: 0, stdout: `${messages.success}: ${said}\r\n`, stderr: ''}
}

/** Failure, with the words for its number, and what they are about. */
export function refuse(messages: Messages, code: Failure, about = ''): Answer {
  const lines = [`${messages.error}: ${messages.failures[code]}`, ...(about === '' ? [] : [about])]
  return {code, stdout: '', stderr: lines.map(line => `${line}\r\n`).join('')}
}

/** A name without the folder that it may have in front, which is always the root; null for one that Windows does not take. */
export function nameIn({options}: Invocation): string | null {
  const name = (options.get('/TN') ?? '').replace(/^\\/, '')
  return name === '' || name.length > 238 || /[<>:"/\\|?*]|\p{Cc}/u.test(name) ? null : name
}

/** Whether the caller may change a task, or start and end it. */
export function mayChange({settings}: Invocation, task: StoredTask): boolean {
  return settings.elevated || !task.isForeign
}

/** Does something with the task that /TN names, as long as it is there and the caller's. */
export async function withTask(
  invocation: Invocation,
  act: (task: StoredTask) => Answer | Promise<Answer>,
): Promise<Answer> {
  const {machine, messages} = invocation
  const name = nameIn(invocation)
  if (name === null) return refuse(messages, FAILURE.invalidName)
  const task = machine.find(name)
  if (task === null) return refuse(messages, FAILURE.fileNotFound)
  return mayChange(invocation, task) ? act(task) : refuse(messages, FAILURE.accessDenied)
}

/** The answer to a question is yes in the language of the fake, which has two for some. */
export function isYes(answer: string | null): boolean {
  return /^[yj]/i.test(answer?.trim() ?? '')
}
