import {readdirSync, readFileSync} from 'node:fs'

/** Whether a process is there and has not ended. */
export function isAlive(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Pids of what a process started, by whichever of its threads. */
export function childrenOf(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const lists = tasks.map(task => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'))
  return lists.flatMap(list => list.split(' ').filter(Boolean).map(Number))
}

/** Kills a process, unless it has ended by itself. */
export function endProcess(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}
