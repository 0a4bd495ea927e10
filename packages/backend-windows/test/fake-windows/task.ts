import type {Settings} from './settings.js'
import {accountOf} from './settings.js'
import {childOf, textAt, type XmlElement, withTextAt} from './xml-element.js'

/** A task as the machine keeps it. */
export interface StoredTask {
  readonly name: string
  readonly definition: XmlElement
  /** Whether an account with administrator rights made it, without granting anything to the user. */
  readonly isForeign: boolean
  /** Milliseconds since the epoch, null before the first run. */
  readonly lastRunMs: number | null
  /** Of runs that are over; see Run for the last one. */
  readonly lastResult: number
  /** The last run's directory. */
  readonly run: string | null
}

/** What an Exec starts, variables and quotes as they were written. */
export interface Action {
  readonly command: string
  readonly args: string
  readonly workingDirectory: string
}

function isTrue(text: string | undefined): boolean {
  return text === undefined || text === 'true' || text === '1'
}

/** The first action; the fake runs no other. */
export function actionOf({definition}: StoredTask): Action {
  const exec = childOf(childOf(definition, 'Actions'), 'Exec') ?? definition
  return {
    command: textAt(exec, 'Command') ?? '',
    args: textAt(exec, 'Arguments') ?? '',
    workingDirectory: textAt(exec, 'WorkingDirectory') ?? '',
  }
}

/** Whether anything but /Run may start it, and /Run too. */
export function isEnabled({definition}: StoredTask): boolean {
  return isTrue(textAt(definition, 'Settings', 'Enabled'))
}

/** Whether a second run may start beside the first. */
export function allowsSeveral({definition}: StoredTask): boolean {
  return textAt(definition, 'Settings', 'MultipleInstancesPolicy') === 'Parallel'
}

/** Triggers of one kind that are not switched off. */
export function triggersOf({definition}: {readonly definition: XmlElement}, name?: string): XmlElement[] {
  const all = childOf(definition, 'Triggers')?.children ?? []
  return all.filter(trigger => (name === undefined || trigger.name === name) && isTrue(textAt(trigger, 'Enabled')))
}

/** Whether that is how somebody may write the user of a machine. */
export function isUser(settings: Settings, name: string): boolean {
  const {sid, user} = settings
  return [sid, user, accountOf(settings)].some(each => each.toLowerCase() === name.toLowerCase())
}

function mapTriggers(definition: XmlElement, change: (trigger: XmlElement) => XmlElement): XmlElement {
  const children = definition.children.map(child =>
    child.name === 'Triggers' ? {...child, children: child.children.map(change)} : child,
  )
  return {...definition, children}
}

const ORDER = ['RegistrationInfo', 'Triggers', 'Principals', 'Settings', 'Actions', 'Data']

/** Values of Settings that are not written back, because they are what is meant without them. */
const DEFAULTS: Readonly<Record<string, string>> = {
  AllowHardTerminate: 'true',
  AllowStartOnDemand: 'true',
  Enabled: 'true',
  Hidden: 'false',
  Priority: '7',
  RunOnlyIfIdle: 'false',
  RunOnlyIfNetworkAvailable: 'false',
  WakeToRun: 'false',
}

function withoutDefaults(settings: XmlElement): XmlElement {
  return {...settings, children: settings.children.filter(({name, text}) => DEFAULTS[name] !== text.trim())}
}

/** Parts in the order of Windows, without what is the default. */
function arrange(definition: XmlElement): XmlElement {
  const children = definition.children.map(child => (child.name === 'Settings' ? withoutDefaults(child) : child))
  children.sort((one, other) => ORDER.indexOf(one.name) - ORDER.indexOf(other.name))
  return {...definition, children}
}

/** The task after /Change /ENABLE or /DISABLE. */
export function withEnabled(task: StoredTask, enabled: boolean): StoredTask {
  return {...task, definition: arrange(withTextAt(task.definition, String(enabled), 'Settings', 'Enabled'))}
}

/**
 * A definition as Windows gives it back: with its URI, parts in an order of its own, without what is the default, the
 * user of the principal as a SID and that of a trigger as a name.
 */
export function normalize(definition: XmlElement, name: string, settings: Settings): XmlElement {
  const named = withTextAt(definition, `\\${name}`, 'RegistrationInfo', 'URI')
  const hasUser = childOf(childOf(childOf(named, 'Principals'), 'Principal'), 'UserId') !== undefined
  const withSid = hasUser ? withTextAt(named, settings.sid, 'Principals', 'Principal', 'UserId') : named
  const renamed = mapTriggers(withSid, trigger =>
    childOf(trigger, 'UserId') === undefined ? trigger : withTextAt(trigger, accountOf(settings), 'UserId'),
  )
  return arrange(renamed)
}
