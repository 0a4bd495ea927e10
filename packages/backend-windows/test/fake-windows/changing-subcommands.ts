import {FAILURE} from './results.js'
import {terminateRun} from './run.js'
import {isRunning, startTask} from './start-task.js'
import {isYes, nameIn, refuse, type Subcommand, succeed, withTask} from './subcommand.js'
import {isEnabled, withEnabled} from './task.js'

/** Takes a task away. What it runs goes on. */
export const remove: Subcommand = {
  options: {'/TN': true, '/F': false},
  async run(invocation) {
    const {machine, messages, options, ask} = invocation
    if (!options.has('/F') && machine.find(nameIn(invocation) ?? '') !== null) {
      const answer = await ask(messages.asksToDelete.replace('%1', options.get('/TN') ?? ''))
      if (!isYes(answer)) return refuse(messages, FAILURE.unspecified)
    }
    return machine.exclusively(() =>
      withTask(invocation, ({name}) => {
        machine.forget(name)
        return succeed(invocation, messages.deleted)
      }),
    )
  },
}

/** Lets a task start, or not. What it runs goes on. */
export const change: Subcommand = {
  options: {'/TN': true, '/ENABLE': false, '/DISABLE': false},
  run(invocation) {
    const {machine, messages, options} = invocation
    if (options.has('/ENABLE') === options.has('/DISABLE')) return refuse(messages, FAILURE.invalidOption, '/CHANGE')
    return machine.exclusively(() =>
      withTask(invocation, task => {
        machine.save(withEnabled(task, options.has('/ENABLE')))
        return succeed(invocation, messages.changed)
      }),
    )
  },
}

/** Starts a task. It answers the same where nothing came of it. */
export const run: Subcommand = {
  options: {'/TN': true, '/I': false},
  run(invocation) {
    const {machine, messages} = invocation
    return machine.exclusively(() =>
      withTask(invocation, async task => {
        if (!isEnabled(task)) return refuse(messages, FAILURE.disabled)
        if (!machine.happens('droppedRuns')) await startTask(machine, task, machine.faults.runDelayMs)
        return succeed(invocation, messages.attempted)
      }),
    )
  },
}

/** TerminateProcess of what the action started, and of nothing below that. */
export const end: Subcommand = {
  options: {'/TN': true},
  run(invocation) {
    const {machine, messages} = invocation
    return machine.exclusively(() =>
      withTask(invocation, task => {
        if (task.run === null || !isRunning(task)) return refuse(messages, FAILURE.notRunning)
        terminateRun(task.run)
        return succeed(invocation, messages.ended)
      }),
    )
  },
}
