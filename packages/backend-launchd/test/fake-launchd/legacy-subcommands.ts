import {resolve} from 'node:path'
import {type Answer, describeError, refuse, succeed} from './answer.js'
import {loadFile} from './bootstrap.js'
import {submittedDefinition} from './job-definition.js'
import type {Job} from './job.js'
import {exists, type Invocation, refuseUsage, type Subcommand} from './subcommand.js'
import {sessionTarget} from './target.js'

function findLegacyJob({machine, args}: Invocation): Job | undefined {
  const target = sessionTarget(machine.settings)
  return exists(machine, target) ? machine.find(target.domain, args[0] ?? '') : undefined
}

/** Failures of load and unload leave the exit code at 0. */
function complain(what: string, code: number): Answer {
  const verb = what === 'Load' ? 'bootstrap' : 'bootout'
  const hint = `Try running \`launchctl ${verb}\` as root for richer errors.`
  return {...refuse(0, `${what} failed: ${String(code)}: ${describeError(code)}`, hint)}
}

function splitWrite(args: readonly string[]): {writes: boolean; paths: string[]} {
  return {writes: args.some(each => /^-\w*w/.test(each)), paths: args.filter(each => !each.startsWith('-'))}
}

/** load [-w] PATH… */
export const load: Subcommand = ({machine, args, cwd}) => {
  const {writes, paths} = splitWrite(args)
  if (paths.length === 0) return refuseUsage('load [-w] <service-path …>')
  const target = sessionTarget(machine.settings)
  if (!exists(machine, target)) return complain('Load', 125)
  let answer = succeed()
  for (const path of paths.map(each => resolve(cwd, each))) {
    const file = machine.readFile(target.domain, path)
    if (writes && 'definition' in file) machine.disabled.set(target.domain, file.definition.label, 'enabled')
    if (loadFile(machine, target, path) !== null) answer = complain('Load', 5)
  }
  return answer
}

/** unload [-w] PATH… */
export const unload: Subcommand = ({machine, args, cwd}) => {
  const {writes, paths} = splitWrite(args)
  if (paths.length === 0) return refuseUsage('unload [-w] <service-path …>')
  const {domain} = sessionTarget(machine.settings)
  let answer = succeed()
  for (const path of paths.map(each => resolve(cwd, each))) {
    const file = machine.readFile(domain, path)
    if (writes && 'definition' in file) machine.disabled.set(domain, file.definition.label, 'disabled')
    const job = 'definition' in file ? machine.find(domain, file.definition.label) : undefined
    if (job === undefined) answer = complain('Unload', 5)
    else job.bootOut()
  }
  return answer
}

/** start LABEL */
export const start: Subcommand = invocation => {
  if (invocation.args.length !== 1) return refuseUsage('start <service-name>')
  const job = findLegacyJob(invocation)
  job?.start('non-ipc demand', 'now')
  return job === undefined ? refuse(3) : succeed()
}

/** stop LABEL: KeepAlive starts it again. */
export const stop: Subcommand = invocation => {
  if (invocation.args.length !== 1) return refuseUsage('stop <service-name>')
  const job = findLegacyJob(invocation)
  job?.stop()
  return job === undefined ? refuse(3) : succeed()
}

/** remove LABEL */
export const remove: Subcommand = invocation => {
  if (invocation.args.length !== 1) return refuseUsage('remove <service-name>')
  const job = findLegacyJob(invocation)
  job?.bootOut()
  return job === undefined ? refuse(3, `Could not remove service: 3: ${describeError(3)}`) : succeed()
}

const SUBMIT_USAGE = 'submit -l <label> [-o <path>] [-e <path>] -- <command> [args]'

/** submit -l LABEL [-o FILE] [-e FILE] -- COMMAND [ARGS] */
export const submit: Subcommand = ({machine, args, cwd}) => {
  const end = args.indexOf('--')
  const options = new Map<string, string>()
  for (let index = 0; index + 1 < end; index += 2) options.set(args[index] ?? '', args[index + 1] ?? '')
  const label = options.get('-l')
  const argv = args.slice(end + 1)
  const isKnown = [...options.keys()].every(each => ['-l', '-o', '-e'].includes(each))
  if (end % 2 !== 0 || label === undefined || !isKnown) return refuseUsage(SUBMIT_USAGE)
  const pathOf = (option: string): string | null => {
    const path = options.get(option)
    return path === undefined ? null : resolve(cwd, path)
  }
  const definition = submittedDefinition({label, argv, stdoutPath: pathOf('-o'), stderrPath: pathOf('-e')})
  if (definition === null) return refuseUsage(SUBMIT_USAGE)
  const target = sessionTarget(machine.settings)
  if (!exists(machine, target)) return refuse(125, `Could not submit job: 125: ${describeError(125)}`)
  if (machine.find(target.domain, label) !== undefined)
    return refuse(17, `Could not submit job: 17: ${describeError(17)}`)
  machine.load(target.domain, definition, null)
  return succeed()
}
