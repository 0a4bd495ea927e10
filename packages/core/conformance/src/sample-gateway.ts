// A gateway that bears witness: `node sample-gateway.js DIRECTORY [anything…]`. It writes down each start and signal
// in DIRECTORY and does what it finds there. It ends when the directory is gone, so that none outlives its test.
import {
  appendFileSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {startTimeOf} from '@hermes-svc/core/process-identity'
import {ALIVE} from './sample-file.js'
import type {Behaviour, Start} from './samples.js'

const POLL_MS = 15
/** UV_FS_O_EXLOCK of libuv, which Node has no name for: nobody else can open the file. */
const EXCLUSIVE = 0x10000000

/** What a sample leaves in `starts/`: enough to tell whether that very process still lives. */
export interface RecordedStart extends Start {
  readonly startTime: string | null
}

/** What a sample finds in `orders/`, in files whose names begin with its pid. */
export interface Order {
  readonly exitCode?: number
  readonly print?: readonly string[]
}

const directory = process.argv[2] ?? ''

function publish(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify(value))
  renameSync(`${path}.new`, path)
}

function myOrders(): string[] {
  try {
    const names = readdirSync(join(directory, 'orders'))
    return names.filter(name => name.startsWith(`${String(process.pid)}.`) && name.endsWith('.json')).sort()
  } catch {
    // The directory is gone, or is being removed.
    process.exit(0)
  }
}

function obey(): void {
  for (const name of myOrders()) {
    const path = join(directory, 'orders', name)
    const {print = [], exitCode} = JSON.parse(readFileSync(path, 'utf8')) as Order
    for (const line of print) process.stdout.write(`${line}\n`)
    rmSync(path)
    if (exitCode !== undefined) process.exit(exitCode)
  }
}

const {
  exitAtOnce,
  ignoresTerm = false,
  prints = [],
} = JSON.parse(readFileSync(join(directory, 'behaviour.json'), 'utf8')) as Behaviour

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    appendFileSync(join(directory, 'signals'), `${String(process.pid)} ${signal}\n`)
    if (signal !== 'SIGTERM' || !ignoresTerm) process.exit(0)
  })
}

const start: RecordedStart = {
  pid: process.pid,
  startTime: startTimeOf(process.pid),
  argv: process.argv,
  env: process.env as Record<string, string>,
  cwd: process.cwd(),
}
mkdirSync(join(directory, 'starts'), {recursive: true})
// Start times cannot be told on Windows. But a file can be open for one process only, until that has ended.
if (start.startTime === null)
  openSync(
    join(directory, 'starts', `${String(process.pid)}${ALIVE}`),
    constants.O_RDWR | constants.O_CREAT | EXCLUSIVE,
  )
// The clock that only goes forward gives the order, also when two starts share a millisecond.
publish(
  join(directory, 'starts', `${process.hrtime.bigint().toString().padStart(20, '0')}-${String(process.pid)}.json`),
  start,
)
for (const line of prints) process.stdout.write(`${line}\n`)
if (exitAtOnce !== undefined) process.exit(exitAtOnce)
setInterval(obey, POLL_MS)
