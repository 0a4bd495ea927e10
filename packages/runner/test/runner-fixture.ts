import {execFileSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {ExecutionContext} from 'ava'
import {
  type Environment,
  directoryHash,
  endOrphan,
  invocationPrefix,
  launchRunner,
  observeRunner,
  type RunnerObservation,
  type RunnerSpec,
  writeRunnerFiles,
} from '../dist/index.js'

/** Polls until the condition gives something other than false, null and undefined; fails after the deadline. */
export async function eventually<T>(
  what: string,
  condition: () => T | false | null | undefined,
  deadlineMs = 60_000,
): Promise<T> {
  const started = performance.now()
  for (;;) {
    const value = condition()
    if (value !== false && value !== null && value !== undefined) return value
    if (performance.now() - started > deadlineMs) throw new Error(`not within ${String(deadlineMs)} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** Whether a process is there and not a zombie. */
export function lives(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${String(pid)}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** Pids of processes whose environment or command line holds the text. */
export function processesWith(text: string, file: 'environ' | 'cmdline' = 'environ'): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      try {
        return lives(pid) && readFileSync(`/proc/${String(pid)}/${file}`, 'utf8').includes(text)
      } catch {
        return false
      }
    })
}

const PATH = process.env['PATH'] ?? '/bin:/usr/bin'

/** A runner directory of its own with a gateway in it, taken away with everything that it started. */
export class RunnerFixture {
  readonly root = mkdtempSync(join(tmpdir(), 'hermes-svc-runner-'))
  readonly directory = join(this.root, 'gateways', 'coder', 'embedded')
  readonly logs = join(this.root, 'logs')
  readonly sockets = join(this.root, 'run')
  #mounted = false

  constructor(t: ExecutionContext) {
    t.teardown(() => this.#remove())
  }

  /** A small file system in place of the root. */
  mount(size: string): void {
    chmodSync(this.root, 0o700)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', this.root])
    this.#mounted = true
  }

  spec(argv: readonly string[], changes: Partial<RunnerSpec> = {}): RunnerSpec {
    return {
      schemaVersion: 1,
      name: 'coder',
      argv,
      cwd: this.root,
      restart: {
        delayMs: 20,
        maxDelayMs: 200,
        windowMs: 60_000,
        giveUpAfter: null,
        fatalExitCodes: [78],
        cleanExitCodes: [0],
      },
      stopTimeoutMs: 20_000,
      logs: {directory: this.logs, files: 3, sizeBytes: 1_000_000},
      socketDirectories: [this.sockets],
      labels: {origin: 'installed'},
      ...changes,
    }
  }

  define(argv: readonly string[], changes: Partial<RunnerSpec> = {}, env: Environment = {PATH}): void {
    writeRunnerFiles(this.directory, this.spec(argv, changes), env)
  }

  /** Defines a gateway that is a shell script, and launches its runner. */
  async run(script: string, changes: Partial<RunnerSpec> = {}): Promise<RunnerObservation> {
    this.define(['/bin/sh', '-c', script], changes)
    await launchRunner(this.directory)
    return this.seen()
  }

  seen(): RunnerObservation {
    const seen = observeRunner(this.directory)
    if (seen === null) throw new Error('nothing is defined')
    return seen
  }

  reaches(
    what: string,
    condition: (seen: RunnerObservation) => boolean,
    deadlineMs?: number,
  ): Promise<RunnerObservation> {
    return eventually(
      what,
      () => {
        const seen = this.seen()
        return condition(seen) && seen
      },
      deadlineMs,
    )
  }

  /** Waits for a file that the gateway writes, and gives its trimmed text. */
  text(name: string): Promise<string> {
    const path = join(this.root, name)
    return eventually(`${name} has text`, () => existsSync(path) && (readFileSync(path, 'utf8').trim() || false))
  }

  /** Texts of all log lines, oldest first; fails on one that does not begin with a time. */
  logLines(): string[] {
    if (!existsSync(this.logs)) return []
    const whole = readdirSync(this.logs)
      .sort()
      .map(name => readFileSync(join(this.logs, name), 'utf8'))
      .join('')
    return whole
      .split('\n')
      .slice(0, -1)
      .map(line => {
        const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (.*)$/.exec(line)
        if (match === null) throw new Error(`torn line: ${JSON.stringify(line)}`)
        return match[1] ?? ''
      })
  }

  /** Pids of every process of this gateway. */
  processes(): number[] {
    return existsSync(this.directory)
      ? processesWith(`HERMES_SVC_INVOCATION=${invocationPrefix(directoryHash(this.directory))}`)
      : []
  }

  runners(): number[] {
    return processesWith(this.directory, 'cmdline').filter(pid => pid !== process.pid)
  }

  async #remove(): Promise<void> {
    for (const pid of this.runners()) process.kill(pid, 'SIGKILL')
    if (existsSync(this.directory)) {
      const invocation = invocationPrefix(directoryHash(this.directory))
      await endOrphan({gateway: null, invocation, stopTimeoutMs: 0})
    }
    if (this.#mounted) await eventually('unmounted', () => this.#unmount())
    rmSync(this.root, {recursive: true, force: true})
  }

  #unmount(): boolean {
    try {
      execFileSync('umount', [this.root], {stdio: 'ignore'})
      return true
    } catch {
      return false
    }
  }
}

/** Writes an executable file and returns its path. */
export function writeScript(directory: string, name: string, text: string): string {
  mkdirSync(directory, {recursive: true})
  const path = join(directory, name)
  writeFileSync(path, text, {mode: 0o755})
  return path
}
