import {formatStatusColumn, toWaitStatus} from './exit-status.js'
import type {Job} from './job.js'

/** The table of `launchctl list`. */
export function renderList(jobs: readonly Job[]): string[] {
  const rows = jobs.map(({pid, lastExit, label}) => `${String(pid ?? '-')}\t${formatStatusColumn(lastExit)}\t${label}`)
  return ['PID\tStatus\tLabel', ...rows]
}

/** The dictionary of `launchctl list LABEL`; PID is only there while the job runs. */
export function renderListed(job: Job): string[] {
  const {definition, pid, lastExit} = job
  const {stdoutPath, stderrPath, argv, keepAlive} = definition
  const session = {gui: 'Aqua', user: 'Background', system: 'System'}[job.domain]
  return [
    '{',
    ...(stdoutPath === null ? [] : [`\t"StandardOutPath" = "${stdoutPath}";`]),
    `\t"LimitLoadToSessionType" = "${session}";`,
    ...(stderrPath === null ? [] : [`\t"StandardErrorPath" = "${stderrPath}";`]),
    `\t"Label" = "${job.label}";`,
    `\t"OnDemand" = ${String(keepAlive === false)};`,
    `\t"LastExitStatus" = ${String(toWaitStatus(lastExit))};`,
    ...(pid === null ? [] : [`\t"PID" = ${String(pid)};`]),
    `\t"Program" = "${definition.program}";`,
    '\t"ProgramArguments" = (',
    ...argv.map(argument => `\t\t"${argument}";`),
    '\t);',
    '};',
  ]
}
