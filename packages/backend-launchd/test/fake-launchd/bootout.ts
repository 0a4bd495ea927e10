import {resolve} from 'node:path'
import {type Answer, describeError, refuse, succeed} from './answer.js'
import type {Job} from './job.js'
import type {Machine} from './machine.js'
import {
  exists,
  findJob,
  mayChange,
  parseServiceTarget,
  refuseTarget,
  refuseUsage,
  type Subcommand,
} from './subcommand.js'
import {parseTarget, type Target} from './target.js'

function refuseBootout(code: number): Answer {
  return refuse(code, `Boot-out failed: ${String(code)}: ${describeError(code)}`)
}

/** Answers before the job is gone, which only old systems say. */
function bootOut(machine: Machine, job: Job): Answer {
  job.bootOut()
  const saysSo = machine.settings.macos === 'old' || machine.faults.now.bootoutCode36
  return job.pid !== null && saysSo ? refuseBootout(36) : succeed()
}

/** Without a path, a domain is torn down with everything in it. */
async function bootOutDomain(machine: Machine, target: Target): Promise<Answer> {
  if (target.domain === 'gui') await machine.logout()
  else for (const job of machine.jobsOf(target.domain)) job.bootOut()
  return succeed()
}

/** bootout DOMAIN/LABEL | DOMAIN [PATH…] */
export const bootout: Subcommand = ({machine, args, cwd}) => {
  const [specifier, ...paths] = args
  if (specifier === undefined) return refuseUsage('bootout <domain-target> [service-path …] | <service-target>')
  const target = parseTarget(specifier)
  if (target === null) return refuseTarget()
  if (!exists(machine, target)) return refuseBootout(125)
  if (!mayChange(machine, target)) return refuseBootout(1)
  const service = parseServiceTarget(specifier)
  if (service !== null) {
    const job = findJob(machine, service)
    return job === undefined ? refuseBootout(3) : bootOut(machine, job)
  }
  if (paths.length === 0) return bootOutDomain(machine, target)
  const answers = paths.map(path => {
    const file = machine.readFile(target.domain, resolve(cwd, path))
    const job = 'definition' in file ? machine.find(target.domain, file.definition.label) : undefined
    return job === undefined ? refuseBootout(5) : bootOut(machine, job)
  })
  return answers.find(({code}) => code !== 0) ?? succeed()
}
