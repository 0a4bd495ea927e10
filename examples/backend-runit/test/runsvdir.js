import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {isSupervised} from '../src/runit-tools.js'

const DEADLINE_MS = 20_000

/**
 * @param {string} what
 * @param {() => boolean} probe
 */
async function eventually(what, probe) {
  const end = performance.now() + DEADLINE_MS
  while (!probe()) {
    if (performance.now() > end) throw new Error(`expected: ${what}`)
    await sleep(20)
  }
}

/** @param {string} word */
function quote(word) {
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** A runsvdir of our own over an empty directory, and what the conformance suite does with it. */
export class Runsvdir {
  directory = mkdtempSync(join(tmpdir(), 'runsvdir-'))
  /** @type {import('node:child_process').ChildProcess | null} */
  #process = null

  static async start() {
    const runsvdir = new Runsvdir()
    await runsvdir.boot()
    return runsvdir
  }

  async boot() {
    this.#process = spawn('runsvdir', [this.directory], {detached: true, stdio: 'ignore'})
    await once(this.#process, 'spawn')
  }

  /** Ends everything at once, as a power cut does. */
  async cutPower() {
    const pid = this.#process?.pid
    if (pid === undefined) return
    this.#process = null
    /** @type {(parent: number) => number[]} */
    const tree = parent => [parent, ...childrenOf(parent).flatMap(tree)]
    const all = tree(pid)
    for (const one of all) signal(one, 'SIGSTOP')
    for (const one of all) signal(one, 'SIGKILL')
    await eventually('all are gone', () => all.every(one => !isAlive(one)))
  }

  async remove() {
    await this.cutPower()
    rmSync(this.directory, {recursive: true})
  }

  /** What the suite asks of whoever tests a backend. */
  get hooks() {
    return {
      context: {configuration: {directory: this.directory}},
      reboot: async () => {
        await this.cutPower()
        await this.boot()
      },
      foreign: (/** @type {string} */ profile, /** @type {readonly string[]} */ argv) =>
        this.#makeForeign(profile, argv),
      silence: () => {
        renameSync(this.directory, `${this.directory}.away`)
        return Promise.resolve(() => {
          renameSync(`${this.directory}.away`, this.directory)
          return Promise.resolve()
        })
      },
    }
  }

  /**
   * A service as somebody else would make it, down.
   *
   * @param {string} profile
   * @param {readonly string[]} argv
   */
  async #makeForeign(profile, argv) {
    const service = join(this.directory, `hermes-${profile}`)
    const staged = join(this.directory, `.${profile}`)
    const marker = `somebody else's ${profile}`
    const run = `#!/bin/sh\n# ${marker}\nexec ${argv.map(quote).join(' ')}\n`
    mkdirSync(staged)
    writeFileSync(join(staged, 'run'), run)
    chmodSync(join(staged, 'run'), 0o755)
    writeFileSync(join(staged, 'down'), '')
    renameSync(staged, service)
    await eventually('it is supervised', () => isSupervised(service))
    return {
      marker,
      untouched: () => {
        const names = readdirSync(service).filter(name => name !== 'supervise')
        const isSame = names.sort().join() === 'down,run' && readFileSync(join(service, 'run'), 'utf8') === run
        return Promise.resolve(isSame)
      },
      remove: async () => {
        if (!existsSync(service)) return
        renameSync(service, staged)
        writeFileSync(join(staged, 'supervise', 'control'), 'x')
        await eventually('its runsv ends', () => !isSupervised(staged))
        rmSync(staged, {recursive: true})
      },
    }
  }
}

/** @param {number} pid */
function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number)
  } catch {
    return []
  }
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} name
 */
function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch {
    // ESRCH: it has just ended.
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return !/\) [ZX]/.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))
  } catch {
    return false
  }
}
