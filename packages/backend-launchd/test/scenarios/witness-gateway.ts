// A gateway that takes its time to end and bears witness: `node witness-gateway.js DIRECTORY [anything…]`. It writes down
// each start, with whichever process of the same gateway it met, and does what it finds in DIRECTORY.
import {spawn} from 'node:child_process'
import {openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {startTimeOf} from '@hermes-svc/core/process-identity'
import {stillRuns} from './still-runs.js'

const POLL_MS = 20

/** One start as the gateway's own process saw it. */
export interface WitnessedStart {
  readonly pid: number
  /** With the pid, it tells a process from a later one of the same number. */
  readonly startTime: string | null
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Pids of earlier processes of this gateway that were still there: never any. */
  readonly beside: readonly number[]
}

/** What a gateway finds in `order.json`, and does once. */
export interface Order {
  readonly exitCode?: number
  /** A program that it starts as its child, and what is added to its environment. */
  readonly run?: {readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>>}
}

const directory = process.argv[2] ?? ''
const starts = join(directory, 'starts')

function publish(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify(value))
  renameSync(`${path}.new`, path)
}

function read(name: string): string | null {
  try {
    return readFileSync(join(directory, name), 'utf8')
  } catch {
    return null
  }
}

function obey(): void {
  const text = read('order.json')
  if (text === null) return
  rmSync(join(directory, 'order.json'))
  const {exitCode, run} = JSON.parse(text) as Order
  if (exitCode !== undefined) process.exit(exitCode)
  if (run === undefined) return
  const [program = '', ...args] = run.argv
  const output = openSync(join(directory, 'commands.log'), 'a')
  spawn(program, args, {cwd: '/', env: {...process.env, ...run.env}, stdio: ['ignore', output, output]})
}

const earlier = readdirSync(starts)
  .filter(name => name.endsWith('.json'))
  .map(name => JSON.parse(readFileSync(join(starts, name), 'utf8')) as WitnessedStart)

process.on('SIGTERM', () => {
  setTimeout(() => process.exit(0), Number(read('drain-ms') ?? 0))
})

const {pid} = process
const start: WitnessedStart = {
  pid,
  startTime: startTimeOf(pid),
  argv: process.argv,
  env: process.env as Record<string, string>,
  beside: earlier.filter(stillRuns).map(each => each.pid),
}
// The clock that only goes forward gives the order.
publish(join(starts, `${process.hrtime.bigint().toString().padStart(20, '0')}-${String(pid)}.json`), start)
setInterval(obey, POLL_MS)
