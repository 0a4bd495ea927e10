import {refuse, succeed} from './answer.js'
import {renderList, renderListed} from './render-list.js'
import {renderDisabled, renderDomain, renderService} from './render-print.js'
import {
  exists,
  findJob,
  parseServiceTarget,
  refuseMissingDomain,
  refuseMissingService,
  refuseTarget,
  refuseUsage,
  type Subcommand,
} from './subcommand.js'
import {parseTarget, sessionTarget, specifyDomain} from './target.js'

/** list [LABEL]: of the caller's session alone. */
export const list: Subcommand = ({machine, args}) => {
  const target = sessionTarget(machine.settings)
  const hidden = machine.faults.now.listHides
  const all = exists(machine, target) ? machine.jobsOf(target.domain) : []
  const jobs = all.filter(({label}) => !hidden.includes(label))
  const [label] = args
  if (label === undefined) return succeed(...renderList(jobs))
  const job = jobs.find(each => each.label === label)
  if (job === undefined) return refuse(113, `Could not find service "${label}" in domain for port`)
  return succeed(...renderListed(job))
}

/** print DOMAIN | DOMAIN/LABEL */
export const print: Subcommand = ({machine, args}) => {
  const [specifier] = args
  if (specifier === undefined) return refuseUsage('print <domain-target> | <service-target>')
  const target = parseTarget(specifier)
  if (target === null) return refuseTarget()
  if (machine.faults.happens('printFailures')) return {code: 1, stdout: '\u0000\ufffd{ = }\n\tpid =', stderr: '…\n'}
  if (!exists(machine, target)) return refuseMissingDomain(machine, target)
  const service = parseServiceTarget(specifier)
  if (service === null) {
    const jobs = machine.jobsOf(target.domain)
    const decisions = machine.disabled.list(target.domain)
    return succeed(...renderDomain(jobs, decisions, machine.settings, specifyDomain(target)))
  }
  const job = findJob(machine, service)
  return job === undefined ? refuseMissingService(service) : succeed(...renderService(job, machine.settings))
}

/** print-disabled DOMAIN */
export const printDisabled: Subcommand = ({machine, args}) => {
  const [specifier] = args
  if (specifier === undefined) return refuseUsage('print-disabled <domain-target>')
  const target = parseTarget(specifier)
  if (target?.label !== null) return refuseTarget()
  if (!exists(machine, target)) return refuseMissingDomain(machine, target)
  return succeed(...renderDisabled(machine.disabled.list(target.domain), machine.settings.macos))
}

/** managername */
export const managername: Subcommand = ({machine}) => succeed(machine.settings.session)
