import {FAILURE} from './results.js'
import {labelsOf, renderCsv, renderList, renderTable, rowsOf} from './query-table.js'
import {type Answer, type Invocation, nameIn, refuse, type Subcommand} from './subcommand.js'
import type {StoredTask} from './task.js'
import {renderXml} from './xml-element.js'

const FORMATS = ['CSV', 'LIST', 'TABLE']

function print(stdout: string): Answer {
  return {code: 0, stdout, stderr: ''}
}

function findTasks(invocation: Invocation): StoredTask[] | Answer {
  const {machine, messages, options} = invocation
  if (!options.has('/TN')) return machine.tasks()
  const name = nameIn(invocation)
  if (name === null) return refuse(messages, FAILURE.invalidName)
  const task = machine.find(name)
  return task === null ? refuse(messages, FAILURE.fileNotFound) : [task]
}

function run(invocation: Invocation): Answer {
  const {messages, options} = invocation
  const format = (options.get('/FO') ?? 'TABLE').toUpperCase()
  const hasHeader = !options.has('/NH')
  const isWrong = !FORMATS.includes(format) || (!hasHeader && format === 'LIST')
  if (isWrong) return refuse(messages, FAILURE.invalidOption, '/FO')
  const tasks = findTasks(invocation)
  if ('code' in tasks) return tasks
  if (tasks.length === 0) return print(`\r\n${messages.noTasks}\r\n`)
  if (options.has('/XML')) return print(tasks.map(({definition}) => `${renderXml(definition)}\r\n`).join(''))
  const isVerbose = options.has('/V')
  const labels = labelsOf(invocation, isVerbose)
  const rows = tasks.flatMap(task => rowsOf(task, invocation, isVerbose))
  if (format === 'CSV') return print(renderCsv(labels, rows, hasHeader))
  return print(format === 'LIST' ? renderList(labels, rows, messages.column) : renderTable(labels, rows, hasHeader))
}

/** Tells what there is. Anybody may read any task. */
export const query: Subcommand = {
  options: {'/TN': true, '/XML': false, '/FO': true, '/V': false, '/NH': false},
  run,
}
