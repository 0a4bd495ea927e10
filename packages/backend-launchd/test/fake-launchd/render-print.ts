import type {Decision} from './disabled-database.js'
import {formatLastExit, formatStatusColumn} from './exit-status.js'
import type {Job} from './job.js'
import type {Settings} from './settings.js'
import {specifyDomain} from './target.js'

type Macos = Settings['macos']

/** An indented block in braces. */
function block(head: string, lines: readonly string[]): string[] {
  return [`${head} = {`, ...lines.map(line => (line === '' ? line : `\t${line}`)), '}']
}

function entries(pairs: Readonly<Record<string, string>>): string[] {
  return Object.entries(pairs).map(([key, value]) => `${key} => ${value}`)
}

function stateOf(job: Job, macos: Macos): string {
  return macos === 'old' && job.state === 'not running' ? 'waiting' : job.state
}

function propertiesOf({definition}: Job): string {
  const {keepAlive, runAtLoad, isProgramInferred} = definition
  const properties = [
    keepAlive !== false && 'keepalive',
    runAtLoad && 'runatload',
    isProgramInferred && 'inferred program',
  ]
  return properties.filter(each => each !== false).join(' | ')
}

/** Coalitions have a state of their own, in a nested block. */
function coalition(kind: string, id: number, job: Job): string[] {
  const state = job.pid === null ? 'inactive' : 'active'
  return block(`${kind} coalition`, [
    `ID = ${String(id)}`,
    `type = ${kind}`,
    `state = ${state}`,
    `active count = ${job.pid === null ? '0' : '1'}`,
    `name = ${job.label}`,
  ])
}

/** What `launchctl print` shows of a service: the block that real systems print, with all that is nested in it. */
export function renderService(job: Job, settings: Settings): string[] {
  const {definition, pid} = job
  const {macos} = settings
  const domain = specifyDomain({domain: job.domain, uid: settings.uid})
  const optional = (name: string, value: string | null): string[] => (value === null ? [] : [`${name} = ${value}`])
  const lines = [
    `active count = ${pid === null ? '0' : '1'}`,
    `path = ${job.path ?? '(submitted by launchctl)'}`,
    `type = ${job.path === null ? 'Submitted' : job.domain === 'system' ? 'LaunchDaemon' : 'LaunchAgent'}`,
    `state = ${stateOf(job, macos)}`,
    '',
    `program = ${definition.program}`,
    ...block('arguments', definition.argv),
    '',
    ...optional('working directory', definition.workingDirectory),
    '',
    ...optional('stdout path', definition.stdoutPath),
    ...optional('stderr path', definition.stderrPath),
    ...block('inherited environment', []),
    '',
    ...block('default environment', entries({PATH: '/usr/bin:/bin:/usr/sbin:/sbin'})),
    '',
    ...block(
      'environment',
      entries({OSLogRateLimit: '64', ...definition.environment, XPC_SERVICE_NAME: definition.label}),
    ),
    '',
    `domain = ${domain}${macos === 'new' && job.domain === 'gui' ? ' [100006]' : ''}`,
    ...(job.domain === 'gui' ? ['asid = 100006'] : []),
    `minimum runtime = ${String(definition.throttleInterval)}`,
    `exit timeout = ${String(job.exitTimeOut)}`,
    `runs = ${String(job.runs)}`,
    ...(pid === null ? [] : [`pid = ${String(pid)}`]),
    `immediate reason = ${job.reason}`,
    `forks = ${pid === null ? '0' : '1'}`,
    'execs = 1',
    'initialized = 1',
    'trampolined = 1',
    'started suspended = 0',
    'proxy started suspended = 0',
    formatLastExit(job.lastExit, macos),
    '',
    'event triggers = {',
    '}',
    '',
    'endpoints = {',
    '}',
    '',
    `spawn type = ${definition.processType === 'Interactive' ? 'interactive (4)' : 'daemon (3)'}`,
    'jetsam priority = 40',
    'jetsam memory limit (active) = (unlimited)',
    'cpumon = default',
    ...coalition('resource', 1000 + job.runs, job),
    '',
    ...coalition('jetsam', 2000 + job.runs, job),
    '',
    `properties = ${propertiesOf(job)}`,
  ]
  return block(macos === 'old' ? job.label : `${domain}/${job.label}`, lines)
}

function renderDecision([label, decision]: readonly [string, Decision], macos: Macos): string {
  return `"${label}" => ${macos === 'old' ? String(decision === 'disabled') : decision}`
}

/** What `launchctl print-disabled` shows: `=> true` of old systems means disabled. */
export function renderDisabled(decisions: readonly (readonly [string, Decision])[], macos: Macos): string[] {
  const lines = decisions.map(each => renderDecision(each, macos))
  if (macos === 'old') return ['disabled services = {', ...lines.map(line => `\t\t${line}`), '}']
  const rest = block('login item associations', []).map(line => `\t${line}`)
  return ['', ...block('disabled services', lines).map(line => `\t${line}`), ...rest]
}

/** What `launchctl print` shows of a domain. */
export function renderDomain(
  jobs: readonly Job[],
  decisions: readonly (readonly [string, Decision])[],
  settings: Settings,
  domain: string,
): string[] {
  const rows = jobs.map(({pid, lastExit, label}) => {
    const status = lastExit === null ? '-' : formatStatusColumn(lastExit)
    return `\t${String(pid ?? 0).padStart(8)} ${status.padStart(6)} \t${label}`
  })
  return block(domain, [
    `type = ${domain.startsWith('gui/') ? 'login' : domain === 'system' ? 'system' : 'user'}`,
    'handle = 100006',
    `active count = ${String(jobs.length)}`,
    'on-demand count = 0',
    `service count = ${String(jobs.length)}`,
    `active service count = ${String(jobs.filter(({pid}) => pid !== null).length)}`,
    'session = Aqua',
    '',
    ...block('environment', entries({PATH: '/usr/bin:/bin:/usr/sbin:/sbin'})),
    '',
    ...block('services', rows),
    '',
    ...block('unmanaged processes', ['1234 = {', '\tactive count = 1', '\tstate = active', '}']),
    '',
    ...block(
      'disabled services',
      decisions.map(each => renderDecision(each, settings.macos)),
    ),
  ])
}
