import {chmodSync, existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {build, type PlistValue} from 'plist'
import {FakeLaunchd} from './fake-launchd.js'
import type {LoadedJob} from './machine.js'
import {readEntry} from './process-tree.js'
import type {DomainName, FakeLaunchdOptions} from './settings.js'

/** Why no fake launchd can run here, or an empty string. */
export const whyNoFakeLaunchd =
  process.platform === 'linux' ? '' : 'needs Linux, whose /proc tells who belongs to a job'

/**
 * A test that needs a fake launchd; it is skipped, with the reason in its title, where there can be none. One runs after
 * the other, because while run() waits nobody else in the process gets on.
 */
export function fakeTest(title: string, run: (t: ExecutionContext) => Promise<void>, why = whyNoFakeLaunchd): void {
  if (why === '') test.serial(title, run)
  else test.skip(`${title} (skipped: ${why})`, () => undefined)
}

/** Starts a machine that is removed with the test, and tells the seed of one that failed. */
export async function startFake(t: ExecutionContext, options: FakeLaunchdOptions = {}): Promise<FakeLaunchd> {
  const fake = await FakeLaunchd.start(options)
  t.teardown(async () => {
    if (!t.passed) t.log(`the seed of this fake launchd was ${String(fake.seed)}`)
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

/** Keys of launchd.plist(5). */
export type Keys = Readonly<Record<string, PlistValue>>

/** Lives until it gets SIGTERM. */
export const SLEEPER = ['/bin/sleep', '1000']

/** A definition in the directory of its domain; Label, ProgramArguments and a short throttle are there unless overridden. */
export function define(fake: FakeLaunchd, label: string, keys: Keys = {}, domain: DomainName = 'gui'): string {
  const path = join(domain === 'system' ? fake.daemons : fake.agents, `${label}.plist`)
  const all = {Label: label, ProgramArguments: SLEEPER, ThrottleInterval: 1, RunAtLoad: true, ...keys}
  writeFileSync(path, build(all))
  chmodSync(path, 0o644)
  return path
}

/** A job that is a shell script, to which $OUT is a file of the test. */
export function script(fake: FakeLaunchd, text: string): string[] {
  return ['/bin/sh', '-c', text.replaceAll('$OUT', outOf(fake))]
}

function outOf(fake: FakeLaunchd): string {
  return join(fake.directory, 'out')
}

/** What scripts wrote to $OUT so far. */
export function written(fake: FakeLaunchd): string {
  return existsSync(outOf(fake)) ? readFileSync(outOf(fake), 'utf8') : ''
}

/** The job of this label as launchd has it. */
export function jobOf(fake: FakeLaunchd, label: string, domain: DomainName = 'gui'): LoadedJob | undefined {
  return fake.jobs().find(job => job.label === label && job.domain === domain)
}

/** The pid of a job once it runs, another one than before. */
export function runningPid(fake: FakeLaunchd, label: string, before: number | null = null): Promise<number> {
  return eventually(`${label} runs`, () => {
    const pid = jobOf(fake, label)?.pid
    return pid != null && pid !== before && pid
  })
}

/** Whether a process is there and no zombie. */
export function lives(pid: number): boolean {
  return readEntry(pid) !== null
}

/** The value of a line of `print` that has exactly one tab, as `state`. */
export function field(text: string, name: string): string | undefined {
  return new RegExp(`^\\t${name} = (.*)$`, 'm').exec(text)?.[1]
}
