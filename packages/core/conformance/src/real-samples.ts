import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {startTimeOf} from '@hermes-svc/core'
import type {Order, RecordedStart} from './sample-gateway.js'
import {ALIVE} from './sample-file.js'
import type {Behaviour, Sample, Samples} from './samples.js'

const PROGRAM = fileURLToPath(new URL('sample-gateway.js', import.meta.url))
const POLL_MS = 10
const PATIENCE_MS = 60_000

async function until(what: string, probe: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!probe()) {
    if (performance.now() > end) throw new Error(`expected of a sample gateway: ${what}`)
    await sleep(POLL_MS)
  }
}

function isOpenForOneOnly(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'))
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EBUSY'
  }
}

/** A sample that is a process of this machine and leaves its words in a directory. */
class RealSample implements Sample {
  readonly argv: readonly string[]
  readonly #directory: string
  #orders = 0

  constructor(directory: string, behaviour: Behaviour) {
    this.#directory = directory
    this.argv = [process.execPath, PROGRAM, directory]
    for (const name of ['starts', 'orders']) mkdirSync(join(directory, name))
    this.behave(behaviour)
  }

  starts(): RecordedStart[] {
    const directory = join(this.#directory, 'starts')
    const names = existsSync(directory) ? readdirSync(directory) : []
    const whole = names.filter(name => name.endsWith('.json')).sort()
    return whole.map(name => JSON.parse(readFileSync(join(directory, name), 'utf8')) as RecordedStart)
  }

  alivePids(): number[] {
    return this.starts()
      .filter(start => this.#lives(start))
      .map(start => start.pid)
  }

  async crash(how: number | NodeJS.Signals): Promise<void> {
    for (const start of this.starts().filter(start => this.#lives(start))) {
      if (typeof how === 'number') this.#order(start.pid, {exitCode: how})
      else process.kill(start.pid, how)
      await until(`${String(start.pid)} goes`, () => !this.#lives(start))
    }
  }

  async print(lines: readonly string[]): Promise<void> {
    const orders = this.alivePids().map(pid => this.#order(pid, {print: lines}))
    await until('it prints', () => orders.every(path => !existsSync(path)))
  }

  behave(behaviour: Behaviour): void {
    this.#publish(join(this.#directory, 'behaviour.json'), behaviour)
  }

  async remove(): Promise<void> {
    for (const start of this.starts().filter(start => this.#lives(start))) {
      process.kill(start.pid, 'SIGKILL')
      await until(`${String(start.pid)} goes`, () => !this.#lives(start))
    }
    // On Windows the files of a process may be in use for a moment longer than it lives.
    rmSync(this.#directory, {recursive: true, force: true, maxRetries: 5})
  }

  #lives({pid, startTime}: RecordedStart): boolean {
    if (startTime !== null) return startTimeOf(pid) === startTime
    return isOpenForOneOnly(join(this.#directory, 'starts', `${String(pid)}${ALIVE}`))
  }

  #order(pid: number, order: Order): string {
    this.#orders += 1
    const path = join(this.#directory, 'orders', `${String(pid)}.${String(this.#orders).padStart(6, '0')}.json`)
    this.#publish(path, order)
    return path
  }

  #publish(path: string, value: unknown): void {
    writeFileSync(`${path}.new`, JSON.stringify(value))
    renameSync(`${path}.new`, path)
  }
}

function allCommandLines(): string[] | null {
  if (!existsSync('/proc/self/cmdline')) return null
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        // It ended while we looked.
        return []
      }
    })
}

/** Gateways that are real processes of this machine. Their directories are in the temporary directory, by prefix and pid. */
export function createRealSamples(prefix: string): Samples {
  return {
    gateway(behaviour = {}) {
      const directory = mkdtempSync(join(tmpdir(), `${prefix}-${process.pid.toString(36)}-sample-`))
      return Promise.resolve(new RealSample(directory, behaviour))
    },
    commandLines: allCommandLines,
  }
}
