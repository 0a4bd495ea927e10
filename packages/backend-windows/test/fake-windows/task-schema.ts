/** What the text of an element has to be. */
export interface TextRule {
  readonly kind: 'text'
  readonly allows: (text: string) => boolean
}

/** What children an element may have. `once` is by name; of `any` there may be up to `most` in all. */
export interface ParentRule {
  readonly kind: 'all' | 'sequence' | 'any'
  readonly children: Readonly<Record<string, Rule>>
  readonly required: readonly string[]
  readonly attributes: readonly string[]
  readonly most: number
}

/** What an element may hold. */
export type Rule = TextRule | ParentRule

type Children = Readonly<Record<string, Rule>>

function text(allows: (text: string) => boolean): TextRule {
  return {kind: 'text', allows}
}

function parent(
  kind: ParentRule['kind'],
  children: Children,
  more: Partial<Pick<ParentRule, 'required' | 'attributes' | 'most'>> = {},
): ParentRule {
  return {kind, children, required: [], attributes: [], most: Infinity, ...more}
}

const PERIOD = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/

/** Seconds of an xs:duration up to days, null where it is none. */
export function secondsOf(duration: string): number | null {
  const match = PERIOD.exec(duration)
  if (match === null || duration.endsWith('T') || duration === 'P') return null
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = match.map(Number).map(part => part || 0)
  return days * 86_400 + hours * 3600 + minutes * 60 + seconds
}

const MINUTE = 60
const MONTH = 31 * 86_400

function lasts(least: number, most = Infinity): TextRule {
  return text(value => {
    const seconds = secondsOf(value)
    return seconds !== null && seconds >= least && seconds <= most
  })
}

function oneOf(...values: string[]): TextRule {
  return text(value => values.includes(value))
}

function integer(least: number, most: number): TextRule {
  return text(value => /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most)
}

function upTo(length: number): TextRule {
  return text(value => value.length <= length)
}

const ANYTHING = text(() => true)
const FILLED = text(value => value !== '')
const BOOLEAN = oneOf('true', 'false', '1', '0')
const DURATION = lasts(0)
const MOMENT = text(value => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value)))
const PATH = text(value => value !== '' && value.length <= 260)

const REPETITION = parent(
  'all',
  {Interval: lasts(MINUTE, MONTH), Duration: lasts(MINUTE), StopAtDurationEnd: BOOLEAN},
  {required: ['Interval']},
)

function trigger(children: Children, required: readonly string[] = []): ParentRule {
  const base = {
    Enabled: BOOLEAN,
    StartBoundary: MOMENT,
    EndBoundary: MOMENT,
    Repetition: REPETITION,
    ExecutionTimeLimit: DURATION,
  }
  return parent('sequence', {...base, ...children}, {required, attributes: ['id']})
}

const TRIGGERS = parent(
  'any',
  {
    LogonTrigger: trigger({UserId: FILLED, Delay: DURATION}),
    TimeTrigger: trigger({RandomDelay: DURATION}, ['StartBoundary']),
    BootTrigger: trigger({Delay: DURATION}),
    RegistrationTrigger: trigger({Delay: DURATION}),
  },
  {most: 48},
)

const REGISTRATION_INFO = parent('all', {
  URI: ANYTHING,
  SecurityDescriptor: ANYTHING,
  Source: ANYTHING,
  Date: MOMENT,
  Author: ANYTHING,
  Version: ANYTHING,
  Description: ANYTHING,
  Documentation: ANYTHING,
})

const PRINCIPAL = parent(
  'all',
  {
    UserId: FILLED,
    LogonType: oneOf('S4U', 'Password', 'InteractiveToken', 'InteractiveTokenOrPassword'),
    GroupId: FILLED,
    DisplayName: ANYTHING,
    RunLevel: oneOf('LeastPrivilege', 'HighestAvailable'),
  },
  {attributes: ['id']},
)

const SETTINGS = parent('all', {
  AllowStartOnDemand: BOOLEAN,
  RestartOnFailure: parent(
    'all',
    {Interval: lasts(MINUTE, MONTH), Count: integer(1, 255)},
    {required: ['Interval', 'Count']},
  ),
  MultipleInstancesPolicy: oneOf('Parallel', 'Queue', 'IgnoreNew', 'StopExisting'),
  DisallowStartIfOnBatteries: BOOLEAN,
  StopIfGoingOnBatteries: BOOLEAN,
  AllowHardTerminate: BOOLEAN,
  StartWhenAvailable: BOOLEAN,
  NetworkProfileName: ANYTHING,
  RunOnlyIfNetworkAvailable: BOOLEAN,
  WakeToRun: BOOLEAN,
  Enabled: BOOLEAN,
  Hidden: BOOLEAN,
  DeleteExpiredTaskAfter: DURATION,
  IdleSettings: parent('all', {
    Duration: lasts(MINUTE),
    WaitTimeout: lasts(MINUTE),
    StopOnIdleEnd: BOOLEAN,
    RestartOnIdle: BOOLEAN,
  }),
  ExecutionTimeLimit: DURATION,
  Priority: integer(0, 10),
  RunOnlyIfIdle: BOOLEAN,
  UseUnifiedSchedulingEngine: BOOLEAN,
  DisallowStartOnRemoteAppSession: BOOLEAN,
})

const ACTIONS = parent(
  'any',
  {
    Exec: parent(
      'all',
      {Command: PATH, Arguments: ANYTHING, WorkingDirectory: upTo(260)},
      {required: ['Command'], attributes: ['id']},
    ),
  },
  {attributes: ['Context'], most: 32},
)

/** Namespace of every element of a task. */
export const NAMESPACE = 'http://schemas.microsoft.com/windows/2004/02/mit/task'

/**
 * The elements of a task that the fake knows: what a backend may write, and what is near to that. Order and limits are
 * those of https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema.
 */
export const TASK = parent(
  'all',
  {
    RegistrationInfo: REGISTRATION_INFO,
    Triggers: TRIGGERS,
    Settings: SETTINGS,
    Data: ANYTHING,
    Principals: parent('any', {Principal: PRINCIPAL}, {most: 1}),
    Actions: ACTIONS,
  },
  {required: ['Actions'], attributes: ['version', 'xmlns']},
)
