import {type ChildProcess, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import type {ExecutionContext} from 'ava'
import {renderLogRotationScript} from '../dist/log-rotation-script.js'
import {temporaryDirectory} from './temporary-directory.js'

const NAME = 'hermes-log-rotation'

/** A log as launchd keeps it: what writes to it holds it open, in append mode. */
export class WrittenLog {
  readonly directory: string
  readonly current: string
  readonly written: string[] = []
  readonly #descriptor: number

  constructor(t: ExecutionContext, directory: string, limits: string | null) {
    this.directory = directory
    this.current = join(directory, 'current')
    mkdirSync(directory, {recursive: true, mode: 0o700})
    if (limits !== null) writeFileSync(join(directory, 'limits'), limits)
    this.#descriptor = openSync(this.current, 'a', 0o644)
    t.teardown(() => {
      closeSync(this.#descriptor)
    })
  }

  /** Adds lines of ten bytes, each another one. */
  write(count: number): void {
    for (let left = count; left > 0; left -= 1) {
      const line = `line ${String(this.written.length).padStart(4, '0')}`
      writeSync(this.#descriptor, `${line}\n`)
      this.written.push(line)
    }
  }

  get names(): string[] {
    return readdirSync(this.directory).sort()
  }

  get archives(): string[] {
    return this.names.filter(name => name.startsWith('archive.'))
  }

  /** Bytes in the current file. */
  get size(): number {
    return statSync(this.current).size
  }

  linesIn(name: string): string[] {
    return readFileSync(join(this.directory, name), 'utf8').split('\n').slice(0, -1)
  }

  /** What archives and the current file have together. */
  get kept(): string[] {
    return [...this.archives, 'current'].flatMap(name => this.linesIn(name))
  }
}

/** A run of the script that waits in the middle. */
export interface HeldRun {
  /** Resolves to false where it ended without coming to that line. */
  readonly held: Promise<boolean>
  /** Lets it go on; resolves to its exit code. */
  goOn(): Promise<number | null>
}

/** A directory of logs, and the script that rotates them. */
export class RotatedLogs {
  /** Its name means something to a shell. */
  readonly directory: string
  readonly script: string
  readonly #t: ExecutionContext
  readonly #temporary: string

  constructor(t: ExecutionContext) {
    this.#t = t
    this.#temporary = temporaryDirectory(t)
    this.directory = join(this.#temporary, `it's "$HOME" * \\`)
    mkdirSync(this.directory)
    this.script = this.#place('own', renderLogRotationScript())
  }

  add(name: string, limits: string | null = '9 100\n'): WrittenLog {
    return new WrittenLog(this.#t, join(this.directory, name), limits)
  }

  run(): {code: number | null; stderr: string} {
    const {status, stderr} = spawnSync(this.script, [this.directory], {
      cwd: '/',
      encoding: 'utf8',
      env: {},
      timeout: 60_000,
    })
    return {code: status, stderr}
  }

  /** Runs it with a limit to the size of a file, in blocks of 512 bytes, which is what dash takes. */
  runWithin(blocks: number, before = ''): {code: number | null; stderr: string} {
    const limited = `${before} ulimit -f ${String(blocks)}; exec "$0" "$1"`
    const {status, stderr} = spawnSync('/bin/dash', ['-c', limited, this.script, this.directory], {encoding: 'utf8'})
    return {code: status, stderr}
  }

  /** Runs a script that is killed where it comes to a line. Returns whether it came there. */
  runUntil(line: number): boolean {
    const {signal} = spawnSync(this.#place('killed', insert(line, 'kill -KILL $$')), [this.directory])
    return signal === 'SIGKILL'
  }

  /** Runs it beside what else goes on; resolves to its exit code. */
  async start(): Promise<number | null> {
    const [code] = (await once(spawn(this.script, [this.directory], {stdio: 'ignore'}), 'exit')) as [number | null]
    return code
  }

  /** Runs a script that waits where it comes to a line. */
  hold(line: number): HeldRun {
    const [reached, go] = [join(this.#temporary, 'reached'), join(this.#temporary, 'go')]
    const wait = `[ -e '${go}' ] || { true >'${reached}'; while [ ! -e '${go}' ]; do sleep 0.01; done; }`
    const child: ChildProcess = spawn(this.#place('held', insert(line, wait)), [this.directory], {stdio: 'ignore'})
    this.#t.teardown(() => child.kill('SIGKILL'))
    const ended = once(child, 'exit').then(([code]) => code as number | null)
    const isHeld = async () => {
      while (!existsSync(reached)) {
        if (child.exitCode !== null || child.signalCode !== null) return false
        await sleep(2)
      }
      return true
    }
    return {
      held: isHeld(),
      goOn() {
        writeFileSync(go, '')
        return ended
      },
    }
  }

  // A run is told by its name.
  #place(directory: string, text: string): string {
    const path = join(this.#temporary, directory, NAME)
    mkdirSync(join(this.#temporary, directory), {recursive: true})
    writeFileSync(path, text, {mode: 0o755})
    return path
  }
}

const LINES = renderLogRotationScript().split('\n')

/** The numbers of the lines of the script before which another command may stand. */
export const BREAKABLE = LINES.flatMap((line, index) => {
  const before = LINES[index - 1] ?? ''
  const isCommand = /\S/.test(line) && !/^\s*#|^'$/.test(line)
  return isCommand && !/(\\|&&|\|\|)$/.test(before) ? [index] : []
})

/** Those from where a log is looked at. */
export const OF_ROTATION = BREAKABLE.filter(line => line > LINES.indexOf('rotate() {'))

function insert(line: number, command: string): string {
  return [...LINES.slice(0, line), command, ...LINES.slice(line)].join('\n')
}
