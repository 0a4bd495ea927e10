import {formatDate, type Messages} from './messages.js'
import {accountOf, type Settings} from './settings.js'
import {isRunning, lastResultOf} from './start-task.js'
import {actionOf, isEnabled, type StoredTask, triggersOf} from './task.js'
import {textAt} from './xml-element.js'

/** Columns of /V. */
const COLUMNS = 28
/** What stands in Last Run Time before there was a run. */
const NEVER_RUN = new Date(1999, 10, 30)

/** What rows are made with. */
export interface Wording {
  readonly messages: Messages
  readonly settings: Settings
}

/** The labels of the columns, by their place. */
export function labelsOf({messages, settings}: Wording, isVerbose: boolean): string[] {
  if (!isVerbose) return [1, 2, 3].map(at => messages.labels[at] ?? '')
  return Array.from({length: COLUMNS}, (_, at) => {
    const isOldName = at === 6 && settings.windows === 'old' && settings.language === 'en'
    return isOldName ? 'Last Run Result' : (messages.labels[at] ?? `${messages.column} ${String(at + 1)}`)
  })
}

function statusOf(task: StoredTask, {messages}: Wording): string {
  if (isRunning(task)) return messages.running
  return isEnabled(task) ? messages.ready : messages.disabled
}

/** Results are printed as signed numbers of 32 bits. */
function describeResult(task: StoredTask): string {
  return String(lastResultOf(task) | 0)
}

/** A row for each trigger of a task, one where it has none. */
export function rowsOf(task: StoredTask, wording: Wording, isVerbose: boolean): string[][] {
  const {messages, settings} = wording
  const {command, args, workingDirectory} = actionOf(task)
  const row = [`\\${task.name}`, messages.never, statusOf(task, wording)]
  if (!isVerbose) return Array.from({length: Math.max(1, triggersOf(task).length)}, () => row)
  const lastRun = task.lastRunMs === null ? NEVER_RUN : new Date(task.lastRunMs)
  const known = [
    settings.computer,
    ...row,
    'Interactive only',
    formatDate(lastRun, settings.language),
    describeResult(task),
    accountOf(settings),
    `${command} ${args}`,
    workingDirectory === '' ? messages.never : workingDirectory,
    textAt(task.definition, 'RegistrationInfo', 'Description') ?? messages.never,
  ]
  const verbose = Array.from({length: COLUMNS}, (_, at) => known[at] ?? messages.never)
  return Array.from({length: Math.max(1, triggersOf(task).length)}, () => verbose)
}

function csvLine(fields: readonly string[]): string {
  return `${fields.map(field => `"${field.replaceAll('"', '""')}"`).join(',')}\r\n`
}

/** /FO CSV. */
export function renderCsv(labels: readonly string[], rows: readonly string[][], hasHeader: boolean): string {
  return [...(hasHeader ? [labels] : []), ...rows].map(csvLine).join('')
}

/** /FO LIST. */
export function renderList(labels: readonly string[], rows: readonly string[][], folder: string): string {
  const width = Math.max(...labels.map(label => label.length)) + 2
  const items = rows.map(row => labels.map((label, at) => `${`${label}:`.padEnd(width)}${row[at] ?? ''}\r\n`).join(''))
  return `\r\n${folder}: \\\r\n${items.join('\r\n')}`
}

/** /FO TABLE, the default. */
export function renderTable(labels: readonly string[], rows: readonly string[][], hasHeader: boolean): string {
  const widths = labels.map((label, at) => Math.max(label.length, ...rows.map(row => row[at]?.length ?? 0)))
  const line = (fields: readonly string[]): string =>
    `${fields.map((field, at) => field.padEnd(widths[at] ?? 0)).join(' ')}\r\n`
  const header = [labels, widths.map(width => '='.repeat(width))]
  return [...(hasHeader ? header : []), ...rows].map(line).join('')
}
