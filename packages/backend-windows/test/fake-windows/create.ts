import {readTaskFile} from './read-task-file.js'
import {FAILURE, type Failure, RESULT} from './results.js'
import type {Settings} from './settings.js'
import {type Answer, type Invocation, isYes, mayChange, nameIn, refuse, type Subcommand, succeed} from './subcommand.js'
import {isUser, normalize, triggersOf} from './task.js'
import {childOf, textAt, type XmlElement} from './xml-element.js'

/** Rights of SDDL that include changing and starting: all, or all of a file. */
const FULL_RIGHTS = 'FA|GA|0x1f01ff'

function grantsUser(definition: XmlElement, {sid}: Settings): boolean {
  const descriptor = textAt(definition, 'RegistrationInfo', 'SecurityDescriptor') ?? ''
  return new RegExp(`\\(A;[^;)]*;(?:${FULL_RIGHTS});;;${sid}\\)`, 'i').test(descriptor)
}

function usersIn(definition: XmlElement): string[] {
  const principal = textAt(definition, 'Principals', 'Principal', 'UserId')
  const triggers = triggersOf({definition}).flatMap(trigger => textAt(trigger, 'UserId') ?? [])
  return [...(principal === undefined ? [] : [principal]), ...triggers]
}

function isKnown(settings: Settings, name: string): boolean {
  return /^S-1-5-\d+(-\d+)*$/i.test(name) || isUser(settings, name)
}

/**
 * Why an account without administrator rights may not have such a task, [MS-TSCH] 3.2.5.4.2 and reports from the field:
 * a trigger of a logon has to be that of the account, and no trigger may be for everybody.
 */
function findFailure(definition: XmlElement, settings: Settings): Failure | null {
  const users = usersIn(definition)
  if (!users.every(user => isKnown(settings, user))) return FAILURE.accountUnknown
  if (settings.elevated) return null
  const principal = childOf(childOf(definition, 'Principals'), 'Principal')
  const logonType = principal && textAt(principal, 'LogonType')
  const isForEverybody =
    triggersOf({definition}, 'BootTrigger').length > 0 ||
    triggersOf({definition}, 'LogonTrigger').some(trigger => textAt(trigger, 'UserId') === undefined)
  const asksForMore =
    (principal && textAt(principal, 'RunLevel') === 'HighestAvailable') ||
    (logonType !== undefined && logonType !== 'InteractiveToken')
  const isForOthers = !users.every(user => isUser(settings, user))
  return isForEverybody || asksForMore || isForOthers ? FAILURE.accessDenied : null
}

async function asksInVain(invocation: Invocation, name: string): Promise<boolean> {
  const {machine, messages, options, ask} = invocation
  if (options.has('/RU') && !options.has('/RP') && !options.has('/NP') && !options.has('/IT')) {
    const password = await ask(messages.asksForPassword.replace('%1', options.get('/RU') ?? ''))
    if (password === null) return true
  }
  if (options.has('/F') || machine.find(name) === null) return false
  return !isYes(await ask(messages.asksToReplace.replace('%1', name)))
}

async function run(invocation: Invocation): Promise<Answer> {
  const {machine, settings, messages, options} = invocation
  const name = nameIn(invocation)
  if (name === null) return refuse(messages, FAILURE.invalidName)
  const path = options.get('/XML') ?? ''
  // Without /XML, a task is described by options that the fake does not know.
  if (path === '') return refuse(messages, FAILURE.invalidOption, '/XML')
  if (options.has('/NP') && options.has('/IT')) return refuse(messages, FAILURE.unspecified)
  const file = await readTaskFile(path)
  if ('problem' in file) return refuse(messages, file.problem.failure, file.problem.where)
  if (await asksInVain(invocation, name)) return refuse(messages, FAILURE.unspecified)
  const {definition} = file
  const failure = findFailure(definition, settings)
  if (failure !== null) return refuse(messages, failure)
  return machine.exclusively(() => {
    const before = machine.find(name)
    if (before !== null && !mayChange(invocation, before)) return refuse(messages, FAILURE.accessDenied)
    machine.save({
      name,
      definition: normalize(definition, name, settings),
      isForeign: settings.elevated && !grantsUser(definition, settings),
      lastRunMs: before?.lastRunMs ?? null,
      lastResult: before?.lastResult ?? RESULT.hasNotRun,
      run: before?.run ?? null,
    })
    return succeed(invocation, messages.created)
  })
}

/** Makes a task, or another one in its place. */
export const create: Subcommand = {
  options: {'/TN': true, '/XML': true, '/F': false, '/RU': true, '/RP': true, '/NP': false, '/IT': false},
  run,
}
