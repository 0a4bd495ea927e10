import type {Machine} from './machine.js'
import {forgetKeepers} from './run.js'
import {startTask} from './start-task.js'
import {isEnabled, isUser, type StoredTask, triggersOf} from './task.js'
import {childOf, textAt} from './xml-element.js'

/** The machine has just booted: no pid of before means anything, and nobody is logged on. */
export function boot(machine: Machine): void {
  machine.isLoggedOn = false
  forgetKeepers(machine.files.runs)
}

function startDue(machine: Machine, isDue: (task: StoredTask) => boolean): Promise<string[]> {
  return machine.exclusively(async () => {
    const names: string[] = []
    for (const task of machine.tasks()) {
      if (isEnabled(task) && isDue(task) && (await startTask(machine, task))) names.push(task.name)
    }
    return names
  })
}

/** The user logs on: tasks that wait for that are started, without the delay of their triggers. Gives their names. */
export function logOn(machine: Machine): Promise<string[]> {
  machine.isLoggedOn = true
  const {settings} = machine
  return startDue(machine, task =>
    triggersOf(task, 'LogonTrigger').some(trigger => {
      const user = textAt(trigger, 'UserId')
      return user === undefined || isUser(settings, user)
    }),
  )
}

/** The next moment comes at which triggers that repeat are due. Gives the names of the tasks that it starts. */
export function tick(machine: Machine): Promise<string[]> {
  const now = Date.now()
  return startDue(machine, task =>
    triggersOf(task, 'TimeTrigger').some(
      trigger =>
        childOf(trigger, 'Repetition') !== undefined && Date.parse(textAt(trigger, 'StartBoundary') ?? '') <= now,
    ),
  )
}
