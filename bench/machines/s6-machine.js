import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdirSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {cleanEnvironment} from '../clean-environment.js'
import {childrenOf, isAlive} from '../process-tree.js'
import {waitUntil} from '../wait-until.js'
import {HermesHome} from './hermes-home.js'

/** More than any suite needs; s6-svscan takes 500 unless told. */
const CAPACITY = 2000

/** A real s6-svscan over a scan directory of its own, and the program for it. */
export class S6Machine {
  #svscan = null

  constructor(directory) {
    this.directory = directory
    this.scandir = join(directory, 'scandir')
    mkdirSync(this.scandir, {mode: 0o700})
    this.home = new HermesHome(directory, {backends: {s6: {scandir: this.scandir, capacity: CAPACITY}}})
  }

  static async start(cleanUp) {
    const machine = new S6Machine(cleanUp.directory())
    machine.stop = cleanUp.add(() => machine.halt())
    await machine.boot()
    return machine
  }

  async boot() {
    // Of a group of its own, so that Ctrl-C leaves its end to the clean-up.
    const options = {env: cleanEnvironment(), stdio: 'ignore', detached: true}
    this.#svscan = spawn('s6-svscan', ['-c', String(CAPACITY), this.scandir], options)
    await waitUntil('s6-svscan listens', () => existsSync(join(this.scandir, '.s6-svscan', 'control')))
  }

  /** As a container that stops: every service is brought down, and the supervisors end. */
  async halt() {
    const svscan = this.#svscan
    if (svscan === null) return
    const supervisors = this.supervisors()
    this.#svscan = null
    const ended = once(svscan, 'exit')
    svscan.kill('SIGTERM')
    await ended
    await waitUntil('the supervisors end', () => !supervisors.some(isAlive), {cleansUp: true})
  }

  /** Pids of what s6-svscan started. */
  supervisors() {
    return childrenOf(this.#svscan.pid)
  }

  /** Service directories, ours and others. */
  slots() {
    return readdirSync(this.scandir)
      .filter(name => !name.startsWith('.'))
      .sort()
      .map(name => join(this.scandir, name))
  }

  /** Waits until so many of its services are up, and no more. */
  async untilRunning(count) {
    await waitUntil(`${count} services are up`, () => this.slots().filter(isUp).length === count)
  }
}

function isUp(slot) {
  return spawnSync('s6-svstat', ['-o', 'up', slot], {env: cleanEnvironment(), encoding: 'utf8'}).stdout === 'true\n'
}
