import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {FakeWindows, type FakeWindowsOptions} from './fake-windows.js'
import {readProcess} from './process-identity.js'
import {NAMESPACE} from './task-schema.js'

/** Why no fake Windows can run here, or an empty string. */
export const whyNoFakeWindows =
  process.platform === 'linux' ? '' : 'needs Linux, whose /proc tells who belongs to a session'

/** A test that needs a fake Windows; it is skipped, with the reason in its title, where there can be none. */
export function fakeTest(title: string, run: (t: ExecutionContext) => Promise<void>, why = whyNoFakeWindows): void {
  if (why === '') test(title, run)
  else test.skip(`${title} (skipped: ${why})`, () => undefined)
}

/** A machine that is removed with the test, and tells the seed of one that failed. */
export function startFake(t: ExecutionContext, options: FakeWindowsOptions = {}): FakeWindows {
  const fake = FakeWindows.create(options)
  t.teardown(async () => {
    if (!t.passed) t.log(`the seed of this fake Windows was ${String(fake.seed)}`)
    await fake.remove()
  })
  return fake
}

/** Polls until there is something other than false, null and undefined. */
export async function eventually<T>(
  what: string,
  probe: () => T | false | null | undefined,
  deadlineMs = 60_000,
): Promise<T> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const value = probe()
    if (value !== false && value !== null && value !== undefined) return value
    if (performance.now() > end) throw new Error(`expected within ${String(deadlineMs)} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** Parts of a definition that differ from test to test. */
export interface TaskParts {
  readonly command?: string
  readonly args?: string
  readonly triggers?: string
  readonly settings?: string
  readonly principal?: string
  readonly registration?: string
}

/** A trigger of the user's own logon. */
export function logonTrigger({settings}: FakeWindows): string {
  return `<LogonTrigger><Enabled>true</Enabled><UserId>${settings.sid}</UserId></LogonTrigger>`
}

/** A trigger that is due every five minutes since long ago. */
export const HEARTBEAT =
  '<TimeTrigger><StartBoundary>2020-01-01T00:00:00</StartBoundary><Repetition><Interval>PT5M</Interval></Repetition></TimeTrigger>'

/** A task of the user that sleeps, with changes. */
export function renderTask({settings}: FakeWindows, parts: TaskParts = {}): string {
  const principal = `<UserId>${settings.sid}</UserId><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel>`
  const args = parts.args ?? '1000'
  return [
    `<?xml version="1.0" encoding="UTF-16"?>`,
    `<Task version="1.4" xmlns="${NAMESPACE}">`,
    `<RegistrationInfo>${parts.registration ?? '<Description>sleeps</Description>'}</RegistrationInfo>`,
    `<Triggers>${parts.triggers ?? ''}</Triggers>`,
    `<Settings>${parts.settings ?? '<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>'}</Settings>`,
    `<Principals><Principal id="Author">${parts.principal ?? principal}</Principal></Principals>`,
    `<Actions Context="Author"><Exec><Command>${parts.command ?? '/bin/sleep'}</Command>`,
    `<Arguments>${args}</Arguments></Exec></Actions>`,
    '</Task>',
  ].join('\r\n')
}

/** UTF-16 with a byte order mark. */
export function encodeTask(xml: string): Buffer {
  return Buffer.from(`\ufeff${xml}`, 'utf16le')
}

/** Writes a definition where /XML can read it. */
export function writeTask(fake: FakeWindows, content: string | Buffer = renderTask(fake)): string {
  const path = join(fake.directory, `${Math.random().toString(36).slice(2)}.xml`)
  writeFileSync(path, typeof content === 'string' ? encodeTask(content) : content)
  return path
}

/** Makes a task by schtasks; fails where that does. */
export async function createTask(fake: FakeWindows, name: string, parts: TaskParts = {}): Promise<void> {
  const {code, stderr} = await fake.answer(
    'schtasks',
    '/Create',
    '/F',
    '/TN',
    name,
    '/XML',
    writeTask(fake, renderTask(fake, parts)),
  )
  if (code !== 0) throw new Error(`expected a task ${name}, got ${stderr}`)
}

/** A script of a shell as an action, to which $OUT is a file of the test. */
export function script(fake: FakeWindows, text: string): TaskParts {
  const quoted = text.replaceAll('$OUT', outOf(fake)).replaceAll('&', '&amp;').replaceAll('>', '&gt;')
  return {command: '/bin/sh', args: `-c "${quoted}"`}
}

function outOf(fake: FakeWindows): string {
  return join(fake.directory, 'out')
}

/** What scripts wrote to $OUT so far. */
export function written(fake: FakeWindows): string {
  return existsSync(outOf(fake)) ? readFileSync(outOf(fake), 'utf8') : ''
}

/** The pid of a task's action, once it has one other than before. */
export function runningPid(fake: FakeWindows, name: string, before: number | null = null): Promise<number> {
  return eventually(`${name} runs`, () => {
    const pid = fake.task(name)?.pid
    return pid != null && pid !== before && pid
  })
}

/** Whether a process is there and no zombie. */
export function lives(pid: number): boolean {
  return readProcess(pid) !== null
}
