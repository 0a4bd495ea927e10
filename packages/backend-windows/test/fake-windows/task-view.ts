import type {Machine} from './machine.js'
import {isRunning, lastResultOf, runOf} from './start-task.js'
import {isEnabled} from './task.js'
import {renderXml} from './xml-element.js'

/** A task, whatever schtasks says. */
export interface TaskView {
  readonly name: string
  readonly isEnabled: boolean
  readonly isRunning: boolean
  /** Of the action's own process; null as long as there is none. */
  readonly pid: number | null
  readonly lastResult: number
  /** As /Query /XML gives it. */
  readonly xml: string
}

/** What there is, sorted by name. */
export function viewTasks(machine: Machine): TaskView[] {
  return machine.tasks().map(task => {
    const run = runOf(task)
    return {
      name: task.name,
      isEnabled: isEnabled(task),
      isRunning: isRunning(task),
      pid: run?.isOver === false ? run.pid : null,
      lastResult: lastResultOf(task),
      xml: renderXml(task.definition),
    }
  })
}
