import {killProcess, readProcessTable, treesOf} from './process-table.js'
import {fail, type Program, print} from './program.js'

const NOT_FOUND = 128

/**
 * `taskkill /PID NUMBER [/T] [/F]`. A program of a console can only be ended with /F; without, it is sent a message that it
 * has no window for.
 */
export const taskkill: Program = (_machine, args) => {
  const options = args.map(word => word.toUpperCase())
  const pid = Number(options[options.indexOf('/PID') + 1])
  const rest = options.filter(word => !['/PID', String(pid), '/T', '/F'].includes(word))
  if (!options.includes('/PID') || !(pid > 1) || rest.length > 0) return fail(1, 'ERROR: Invalid argument/option.\r\n')
  const table = readProcessTable()
  const root = table.find(entry => entry.pid === pid)
  if (root === undefined) return fail(NOT_FOUND, `ERROR: The process "${String(pid)}" not found.\r\n`)
  if (!options.includes('/F')) {
    return fail(1, `ERROR: The process with PID ${String(pid)} could not be terminated.\r\nReason: /F\r\n`)
  }
  const members = options.includes('/T') ? treesOf(table, [root]) : [root]
  for (const member of members) killProcess(member.pid)
  return print(members.map(({pid: ended}) => `SUCCESS: The process with PID ${String(ended)} has ended.\r\n`).join(''))
}
