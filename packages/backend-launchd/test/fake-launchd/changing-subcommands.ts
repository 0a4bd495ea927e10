import {type Answer, describeError, refuse, succeed} from './answer.js'
import type {Decision} from './disabled-database.js'
import {parseSignal} from './exit-status.js'
import {
  exists,
  findJob,
  mayChange,
  parseServiceTarget,
  refuseMissingService,
  refuseTarget,
  refuseUsage,
  type Invocation,
  type Subcommand,
} from './subcommand.js'

function refuseKickstart(label: string, code: number): Answer {
  return refuse(code, `Could not kickstart service "${label}": ${String(code)}: ${describeError(code)}`)
}

/** kickstart [-kp] DOMAIN/LABEL */
export const kickstart: Subcommand = async ({machine, args, isTerminal}) => {
  const flags = args.filter(each => each.startsWith('-')).join('')
  const specifier = args.find(each => !each.startsWith('-'))
  if (specifier === undefined || /[^-kps]/.test(flags)) return refuseUsage('kickstart [-kps] <service-target>')
  const target = parseServiceTarget(specifier)
  if (target === null) return refuseTarget()
  if (!exists(machine, target)) return refuseKickstart(target.label, 125)
  if (!mayChange(machine, target)) return refuseKickstart(target.label, 1)
  const {kickstartInTeardown, kickstartHonoursThrottle, kickstartBlocks, kickstartRunningCode} = machine.faults.now
  const job = findJob(machine, target)
  if (job === undefined || (job.isRemoving && kickstartInTeardown === 113)) return refuseMissingService(target)
  if (job.isRemoving) return refuse(37)
  const isKilling = flags.includes('k')
  const isIdle = job.pid === null
  const spawned = job.nextSpawn()
  if (isKilling) job.restart()
  else job.start('non-ipc demand', kickstartHonoursThrottle ? 'throttled' : 'now')
  const printsPid = flags.includes('p')
  const waits = (isKilling || isIdle) && (printsPid || kickstartBlocks)
  if (waits && !(await spawned)) return refuse(37)
  if (printsPid) return succeed(isTerminal ? `service spawned with pid: ${String(job.pid ?? 0)}` : String(job.pid ?? 0))
  return isKilling || isIdle ? succeed() : refuse(kickstartRunningCode)
}

/** kill SIGNAL DOMAIN/LABEL */
export const kill: Subcommand = ({machine, args}) => {
  const [word, specifier] = args
  if (word === undefined || specifier === undefined)
    return refuseUsage('kill <signal-number|signal-name> <service-target>')
  const signal = parseSignal(word)
  if (signal === null) return refuseUsage('kill <signal-number|signal-name> <service-target>')
  const target = parseServiceTarget(specifier)
  if (target === null) return refuseTarget()
  const job = findJob(machine, target)
  if (job === undefined) return refuseMissingService(target)
  if (!mayChange(machine, target)) return refuse(1, `Could not signal service: 1: ${describeError(1)}`)
  return job.signal(signal) ? succeed() : refuse(3, `Could not signal service: 3: ${describeError(3)}`)
}

/** Labels need not exist, nor the domain: the decisions are the account's. */
function decide({machine, args}: Invocation, decision: Decision): Answer {
  const verb = decision === 'enabled' ? 'enable' : 'disable'
  const [specifier] = args
  if (specifier === undefined) return refuseUsage(`${verb} <service-target>`)
  const target = parseServiceTarget(specifier)
  if (target === null) return refuseTarget()
  if (!mayChange(machine, target)) return refuse(1, `Could not ${verb} service: 1: ${describeError(1)}`)
  machine.disabled.set(target.domain, target.label, decision)
  return succeed()
}

/** enable DOMAIN/LABEL */
export const enable: Subcommand = invocation => decide(invocation, 'enabled')

/** disable DOMAIN/LABEL */
export const disable: Subcommand = invocation => decide(invocation, 'disabled')
