import {resolve} from 'node:path'
import {type Answer, describeError, refuse, succeed} from './answer.js'
import {isStartedByLoad} from './keep-alive.js'
import type {Machine} from './machine.js'
import {exists, mayChange, refuseTarget, refuseUsage, type Subcommand} from './subcommand.js'
import {parseTarget, type Target} from './target.js'

/** Why one file was not loaded: the code, and the reason that root alone is told. */
export interface LoadFailure {
  readonly code: number
  readonly reason: string
}

const DISABLED_CODE = {old: 5, new: 119} as const

/** Loads one definition into a domain that exists; null is success. */
export function loadFile(machine: Machine, {domain}: Target, path: string): LoadFailure | null {
  const {faults, settings} = machine
  const file = machine.readFile(domain, path)
  if (!('definition' in file)) return {code: 5, reason: file.problem}
  const {label, isDisabled} = file.definition
  if (faults.now.loginItemsOff.includes(label)) return {code: 125, reason: describeError(125)}
  if (machine.disabled.isDisabled(domain, label, isDisabled)) {
    return {code: DISABLED_CODE[settings.macos], reason: describeError(119)}
  }
  if (machine.find(domain, label) !== undefined) {
    return {code: faults.now.bootstrapBusyCode, reason: 'service already bootstrapped'}
  }
  if (faults.happens('spuriousBootstrapFailures')) return {code: 5, reason: describeError(5)}
  const isDropped = isStartedByLoad(file.definition) && faults.happens('droppedSpawns')
  machine.load(domain, file.definition, path, {starts: !isDropped})
  return null
}

function refuseBootstrap(machine: Machine, code: number, details: readonly string[] = []): Answer {
  const failure = `Bootstrap failed: ${String(code)}: ${describeError(code)}`
  if (machine.settings.root) return refuse(code, ...details, failure)
  return refuse(code, failure, ...(code === 5 ? ['Try re-running the command as root for richer errors.'] : []))
}

/** bootstrap DOMAIN PATH… */
export const bootstrap: Subcommand = ({machine, args, cwd}) => {
  const [specifier, ...paths] = args
  if (specifier === undefined || paths.length === 0) return refuseUsage('bootstrap <domain-target> [service-path …]')
  const target = parseTarget(specifier)
  if (target?.label !== null) return refuseTarget()
  if (!exists(machine, target)) return refuseBootstrap(machine, 125)
  if (!mayChange(machine, target)) return refuseBootstrap(machine, 5)
  const failures = paths.flatMap(path => {
    const failure = loadFile(machine, target, resolve(cwd, path))
    return failure === null ? [] : [{path, ...failure}]
  })
  const [first] = failures
  if (first === undefined) return succeed()
  const details = failures.map(({path, reason}) => `${path}: ${reason}`)
  return refuseBootstrap(machine, failures.length === 1 ? first.code : 133, details)
}
