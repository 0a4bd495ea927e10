import type {Behaviour, Sample, Samples, Start} from './samples.js'

/** Above every pid_max (2^22, proc(5)), so that a simulated pid is never that of a process. */
const FIRST_PID = 5_000_000

let lastPid = FIRST_PID

interface Program {
  behaviour: Behaviour
  readonly processes: MemoryProcess[]
}

/** What is told to whoever started a process. */
export interface ProcessListener {
  onLine(text: string): void
  onExit(code: number | null, signal: NodeJS.Signals | null): void
}

/** A simulated process: it can be signalled, prints lines and ends. */
export class MemoryProcess implements Start {
  readonly pid = ++lastPid
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  alive = true
  readonly #program: Program
  readonly #listener: ProcessListener

  constructor(program: Program, start: Omit<Start, 'pid'>, listener: ProcessListener) {
    this.argv = start.argv
    this.env = start.env
    this.cwd = start.cwd
    this.#program = program
    this.#listener = listener
    // What a process does first happens after whoever started it knows of it.
    queueMicrotask(() => {
      this.#begin()
    })
  }

  /** SIGTERM ends it with code 0, unless it ignores that; any other signal ends it by that signal. */
  signal(name: NodeJS.Signals): void {
    if (name === 'SIGTERM' && this.#program.behaviour.ignoresTerm === true) return
    setImmediate(() => {
      if (name === 'SIGTERM') this.end(0, null)
      else this.end(null, name)
    })
  }

  print(text: string): void {
    if (this.alive) this.#listener.onLine(text)
  }

  end(code: number | null, signal: NodeJS.Signals | null): void {
    if (!this.alive) return
    this.alive = false
    this.#listener.onExit(code, signal)
  }

  #begin(): void {
    const {prints = [], exitAtOnce} = this.#program.behaviour
    for (const line of prints) this.print(line)
    if (exitAtOnce !== undefined) this.end(exitAtOnce, null)
  }
}

/** The operating system of the memory backend: programs, processes, command lines. */
export class MemoryMachine implements Samples {
  readonly #programs = new Map<string, Program>()

  /** Starts argv[1], the name of a sample. A program that is not there ends with code 127, as in a shell. */
  spawn(
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    cwd: string,
    listener: ProcessListener,
  ): MemoryProcess {
    const program = this.#programs.get(argv[1] ?? '') ?? {behaviour: {exitAtOnce: 127}, processes: []}
    const child = new MemoryProcess(program, {argv, env, cwd}, listener)
    program.processes.push(child)
    return child
  }

  /** What `ps` shows of a process. */
  commandLine(child: MemoryProcess): string {
    return child.argv.join(' ')
  }

  commandLines(): string[] {
    const all = [...this.#programs.values()].flatMap(program => program.processes)
    return all.filter(child => child.alive).map(child => this.commandLine(child))
  }

  gateway(behaviour: Behaviour = {}): Promise<Sample> {
    const name = `sample-${String(this.#programs.size + 1)}`
    const program: Program = {behaviour, processes: []}
    this.#programs.set(name, program)
    const alive = (): MemoryProcess[] => program.processes.filter(child => child.alive)
    return Promise.resolve({
      argv: [process.execPath, name],
      starts: () => [...program.processes],
      alivePids: () => alive().map(child => child.pid),
      crash(how) {
        for (const child of alive())
          child.end(typeof how === 'number' ? how : null, typeof how === 'number' ? null : how)
        return Promise.resolve()
      },
      print(lines) {
        for (const child of alive()) for (const line of lines) child.print(line)
        return Promise.resolve()
      },
      behave(next) {
        program.behaviour = next
      },
      remove() {
        for (const child of alive()) child.end(null, 'SIGKILL')
        return Promise.resolve()
      },
    })
  }
}
