import {type Answer, describeError, refuse} from './answer.js'
import type {Job} from './job.js'
import type {Machine} from './machine.js'
import {describeDomain, parseTarget, type Target} from './target.js'

/** One call of launchctl. */
export interface Invocation {
  readonly machine: Machine
  readonly args: readonly string[]
  /** The caller's directory, for relative paths. */
  readonly cwd: string
  readonly isTerminal: boolean
}

/** A subcommand of launchctl(1). */
export type Subcommand = (invocation: Invocation) => Answer | Promise<Answer>

/** A target that names a service. */
export type ServiceTarget = Target & {readonly label: string}

/** EX_USAGE, with how the subcommand is used. */
export function refuseUsage(usage: string): Answer {
  return refuse(64, `Usage: launchctl ${usage}`)
}

/** What a specifier is answered that names no target, or one of the wrong kind. */
export function refuseTarget(): Answer {
  return refuse(
    140,
    'Unrecognized target specifier. <service-target> takes a form of <domain-target>/<service-id>.',
    'Please refer to `man launchctl` for explanation of the <domain-target> specifiers.',
  )
}

/** Whether the domain is there now. */
export function exists(machine: Machine, {domain, uid}: Target): boolean {
  return machine.exists(domain) && (domain === 'system' || uid === machine.settings.uid)
}

/** Only root changes the system domain, or that of another account. */
export function mayChange(machine: Machine, {domain, uid}: Target): boolean {
  return machine.settings.root || (domain !== 'system' && uid === machine.settings.uid)
}

/** The answer of reading subcommands about a domain that is not there. */
export function refuseMissingDomain(machine: Machine, target: Target): Answer {
  const code = machine.faults.now.missingDomainCode
  if (code === 125) return refuse(125, `Could not print domain: 125: ${describeError(125)}`)
  return refuse(112, `Could not find domain for ${describeDomain(target)}`)
}

/** The answer about a service that is not in its domain. */
export function refuseMissingService(target: ServiceTarget): Answer {
  return refuse(113, 'Bad request.', `Could not find service "${target.label}" in domain for ${describeDomain(target)}`)
}

/** Reads a specifier that has to name a service. */
export function parseServiceTarget(text: string): ServiceTarget | null {
  const target = parseTarget(text)
  return target?.label == null ? null : {...target, label: target.label}
}

/** The job that a target names, where its domain is there. */
export function findJob(machine: Machine, target: ServiceTarget): Job | undefined {
  return exists(machine, target) ? machine.find(target.domain, target.label) : undefined
}
