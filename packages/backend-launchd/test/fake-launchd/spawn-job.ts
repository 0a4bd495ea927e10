import {type ChildProcess, spawn} from 'node:child_process'
import {closeSync, existsSync, openSync} from 'node:fs'
import {userInfo} from 'node:os'
import {join} from 'node:path'
import {type Account, findAccount, findGroup} from './accounts.js'
import type {JobDefinition} from './job-definition.js'
import type {DomainName} from './settings.js'

const PATH = '/usr/bin:/bin:/usr/sbin:/sbin'

/** What a job gets from the machine that it runs on. */
export interface JobSurroundings {
  readonly domain: DomainName
  readonly home: string
  /** TMPDIR, of this domain alone. */
  readonly temporary: string
}

/** A process that was started. */
export interface SpawnedJob {
  readonly child: ChildProcess
  readonly pid: number
}

type Credentials = {readonly account: Account; readonly gid: number} | null | 'unknown'

/** UserName and GroupName only count for a root that may change to them. */
function findCredentials({userName, groupName}: JobDefinition, domain: DomainName): Credentials {
  if (domain !== 'system' || userName === null) return null
  const account = findAccount(userName)
  if (account === undefined) return 'unknown'
  const gid = groupName === null ? account.gid : findGroup(groupName)
  return gid === undefined ? 'unknown' : {account, gid}
}

function environmentOf(definition: JobDefinition, surroundings: JobSurroundings, credentials: Credentials) {
  const {domain, home, temporary} = surroundings
  const own = userInfo()
  const account =
    typeof credentials === 'object' && credentials !== null
      ? credentials.account
      : domain === 'system'
        ? null
        : {name: own.username, home, shell: '/bin/sh'}
  return {
    PATH,
    XPC_SERVICE_NAME: definition.label,
    TMPDIR: temporary,
    ...(account && {HOME: account.home, USER: account.name, LOGNAME: account.name, SHELL: account.shell}),
    ...definition.environment,
  }
}

/** execvp(3) would search the job's own PATH. */
function findProgram(program: string): string {
  if (program.includes('/')) return program
  const found = PATH.split(':').map(directory => join(directory, program))
  return found.find(path => existsSync(path)) ?? program
}

/** Files are opened with the rights of the job's account. */
function actAs<T>(credentials: Credentials, act: () => T): T {
  if (typeof credentials !== 'object' || credentials === null || process.geteuid?.() !== 0) return act()
  process.setegid?.(credentials.gid)
  process.seteuid?.(credentials.account.uid)
  try {
    return act()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}

/**
 * Starts a job in a session of its own with exactly the argv and environment that launchd gives; null where program,
 * directory or a log cannot be opened, which launchd calls EX_CONFIG. There is no shell and no expansion.
 */
export function spawnJob(definition: JobDefinition, surroundings: JobSurroundings): SpawnedJob | null {
  const credentials = findCredentials(definition, surroundings.domain)
  if (credentials === 'unknown') return null
  const opened: number[] = []
  const open = (path: string | null): number | 'ignore' => {
    if (path === null) return 'ignore'
    const descriptor = openSync(path, 'a', 0o644)
    opened.push(descriptor)
    return descriptor
  }
  const umask = process.umask(definition.umask ?? 0o022)
  try {
    const [stdout, stderr] = actAs(
      credentials,
      () => [open(definition.stdoutPath), open(definition.stderrPath)] as const,
    )
    const child = spawn(findProgram(definition.program), definition.argv.slice(1), {
      argv0: definition.argv[0],
      cwd: definition.workingDirectory ?? '/',
      env: environmentOf(definition, surroundings, credentials),
      detached: true,
      stdio: ['ignore', stdout, stderr],
      ...(credentials && process.geteuid?.() === 0 && {uid: credentials.account.uid, gid: credentials.gid}),
    })
    // Node tells a failure twice, here and by the missing pid.
    child.on('error', () => undefined)
    return child.pid === undefined ? null : {child, pid: child.pid}
  } catch {
    return null
  } finally {
    process.umask(umask)
    for (const descriptor of opened) closeSync(descriptor)
  }
}
