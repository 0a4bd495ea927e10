import {type ProcessEntry, readProcesses, sendSignal, treeOf, withEnvironment} from './process-tree.js'

/** What of a job's processes is known beside the main one. */
export interface JobMark {
  readonly label: string
  readonly temporary: string
}

function findMembers(leader: number, mark: JobMark): ProcessEntry[] {
  const processes = readProcesses()
  const marked = withEnvironment(processes, `TMPDIR=${mark.temporary}\0`, `XPC_SERVICE_NAME=${mark.label}\0`)
  return [...new Set([...treeOf(processes, leader), ...marked])]
}

/** Remembers who belonged to a job, because a process that left its session loses its parent too when that dies. */
export class JobProcesses {
  readonly #leader: number
  readonly #mark: JobMark
  readonly #seen = new Map<string, ProcessEntry>()

  constructor(leader: number, mark: JobMark) {
    this.#leader = leader
    this.#mark = mark
  }

  /** Notes who is there now. */
  look(): void {
    for (const entry of findMembers(this.#leader, this.#mark)) this.#seen.set(keyOf(entry), entry)
  }

  /** Kills the group, and everybody who ever was seen to belong to the job. */
  kill(): void {
    sendSignal(-this.#leader, 'SIGKILL')
    this.look()
    for (const entry of readProcesses()) if (this.#seen.has(keyOf(entry))) sendSignal(entry.pid, 'SIGKILL')
  }
}

function keyOf({pid, startTime}: ProcessEntry): string {
  return `${String(pid)} ${startTime}`
}

const ROUNDS = 200
const ROUND_MS = 10

/** Kills whatever has a TMPDIR below this directory, until nothing is left; a process that forks is met again. */
export async function killBelow(temporary: string): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const left = withEnvironment(readProcesses(), `TMPDIR=${temporary}/`)
    if (left.length === 0) return
    for (const {pid} of left) sendSignal(pid, 'SIGKILL')
    await new Promise(resolve => setTimeout(resolve, ROUND_MS))
  }
}
