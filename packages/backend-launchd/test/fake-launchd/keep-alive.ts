import {type ExitStatus, isCrash} from './exit-status.js'
import type {JobDefinition} from './job-definition.js'

/** Whether launchd starts the job again after this end; several conditions are joined by or, launchd.plist(5). */
export function isRestarted({keepAlive}: JobDefinition, status: ExitStatus): boolean {
  if (typeof keepAlive === 'boolean') return keepAlive
  const {SuccessfulExit, Crashed} = keepAlive
  const isSuccess = 'code' in status && status.code === 0
  return (
    (SuccessfulExit !== undefined && SuccessfulExit === isSuccess) ||
    (Crashed !== undefined && Crashed === isCrash(status))
  )
}

/** Whether loading the job starts it. SuccessfulExit implies RunAtLoad, because there has to be an exit. */
export function isStartedByLoad({runAtLoad, keepAlive}: JobDefinition): boolean {
  return runAtLoad || keepAlive === true || (keepAlive !== false && keepAlive.SuccessfulExit !== undefined)
}
