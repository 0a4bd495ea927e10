/** What a task is to be. */
export interface TaskSpec {
  /** For people. */
  readonly description: string
  /** By which we know it again, in ASCII: what comes back from Windows has lost other characters. */
  readonly source: string
  /** The account it belongs to: a SID, or `DOMAIN\name` where no SID can be had. */
  readonly userId: string
  /** Path of the program. At most 260 characters. */
  readonly command: string
  /** Command line of its arguments, as CommandLineToArgvW reads it. */
  readonly args: string
  /** Whether it is started at logon, and looked after by the heartbeat. */
  readonly autostart: boolean
  /** Who may change it, in SDDL; without it whoever registers it, and administrators. */
  readonly securityDescriptor?: string
}

/** How often the heartbeat starts what should run and has no runner any more. ISO 8601. */
const HEARTBEAT = 'PT5M'
/** After the logon, which has enough to do. ISO 8601. */
const LOGON_DELAY = 'PT5S'
/** In the past, so that the heartbeat begins when the task is registered. The same in every plan. */
const HEARTBEAT_START = '2020-01-01T00:00:00'

const ENTITIES: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'}

function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"]/g, character => ENTITIES[character] ?? character)
}

function element(name: string, content: string | readonly string[]): string[] {
  if (typeof content === 'string') return [`<${name}>${escapeXml(content)}</${name.split(' ')[0] ?? ''}>`]
  return [`<${name}>`, ...content.map(line => `  ${line}`), `</${name.split(' ')[0] ?? ''}>`]
}

/**
 * A trigger that names nobody is one for every user, which only an administrator may register (MS-TSCH). The repetition has
 * no Duration: with one it would end when that is over.
 */
function triggers({userId, autostart}: TaskSpec): string[] {
  if (!autostart) return []
  const logon = [...element('Enabled', 'true'), ...element('UserId', userId), ...element('Delay', LOGON_DELAY)]
  const heartbeat = [
    ...element('Enabled', 'true'),
    ...element('StartBoundary', HEARTBEAT_START),
    ...element('Repetition', [...element('Interval', HEARTBEAT), ...element('StopAtDurationEnd', 'false')]),
  ]
  return [...element('LogonTrigger', logon), ...element('TimeTrigger', heartbeat)]
}

/** By default a task is not started on battery, ended when the mains fail, and ended after three days. */
const SETTINGS: Readonly<Record<string, string>> = {
  MultipleInstancesPolicy: 'IgnoreNew',
  DisallowStartIfOnBatteries: 'false',
  StopIfGoingOnBatteries: 'false',
  AllowHardTerminate: 'true',
  StartWhenAvailable: 'true',
  RunOnlyIfNetworkAvailable: 'false',
  AllowStartOnDemand: 'true',
  Enabled: 'true',
  Hidden: 'false',
  RunOnlyIfIdle: 'false',
  WakeToRun: 'false',
  ExecutionTimeLimit: 'PT0S',
  Priority: '7',
}

/**
 * The definition of a task for `schtasks /Create /XML` (Task Scheduler Schema, version 1.2, which every Windows since Vista
 * reads). Pure. XML cannot hold control characters: the caller has refused them.
 */
export function renderTask(task: TaskSpec): string {
  const {description, source, userId, command, args, securityDescriptor} = task
  const info = [
    ...element('Source', source),
    ...element('Description', description),
    ...(securityDescriptor === undefined ? [] : element('SecurityDescriptor', securityDescriptor)),
  ]
  const principal = [
    ...element('UserId', userId),
    ...element('LogonType', 'InteractiveToken'),
    ...element('RunLevel', 'LeastPrivilege'),
  ]
  const idle = [...element('StopOnIdleEnd', 'false'), ...element('RestartOnIdle', 'false')]
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => element(name, value))
  const body = [
    ...element('RegistrationInfo', info),
    ...element('Triggers', triggers(task)),
    ...element('Principals', element('Principal id="Author"', principal)),
    ...element('Settings', [...settings, ...element('IdleSettings', idle)]),
    ...element(
      'Actions Context="Author"',
      element('Exec', [...element('Command', command), ...element('Arguments', args)]),
    ),
  ]
  const task12 = 'Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task"'
  return ['<?xml version="1.0" encoding="UTF-16"?>', ...element(task12, body), ''].join('\r\n')
}

/** The bytes of a file for `schtasks /XML`, which takes UTF-16 with a byte order mark only. */
export function encodeTask(xml: string): Buffer {
  return Buffer.from(`\uFEFF${xml}`, 'utf16le')
}
