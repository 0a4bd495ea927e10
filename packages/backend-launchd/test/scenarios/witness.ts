import {chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {stillRuns} from './still-runs.js'
import type {Order, WitnessedStart} from './witness-gateway.js'

const PROGRAM = fileURLToPath(new URL('witness-gateway.js', import.meta.url))

/** What a gateway's own processes say, whatever launchd and the backend say. */
export class Witness {
  readonly argv: readonly string[]
  readonly #directory: string

  /** Everybody may write there: a daemon's gateway is another account's. */
  constructor(directory: string) {
    this.#directory = directory
    this.argv = [process.execPath, PROGRAM, directory]
    for (const path of [directory, join(directory, 'starts')]) {
      mkdirSync(path)
      chmodSync(path, 0o777)
    }
  }

  /** Every start so far, oldest first. */
  starts(): WitnessedStart[] {
    const directory = join(this.#directory, 'starts')
    const names = readdirSync(directory).filter(name => name.endsWith('.json'))
    return names.sort().map(name => JSON.parse(readFileSync(join(directory, name), 'utf8')) as WitnessedStart)
  }

  /** Its processes that are there. */
  alive(): number[] {
    return this.starts()
      .filter(stillRuns)
      .map(({pid}) => pid)
  }

  /** Pids of processes that met one another. */
  meetings(): number[] {
    return this.starts().flatMap(({beside}) => beside)
  }

  /** How long it takes to end from now on, in milliseconds. */
  drain(ms: number): void {
    this.#publish('drain-ms', String(ms))
  }

  /** Has the process that runs do something, once. */
  order(order: Order): void {
    this.#publish('order.json', JSON.stringify(order))
  }

  /** What programs said that it was told to run. */
  get commandLog(): string {
    try {
      return readFileSync(join(this.#directory, 'commands.log'), 'utf8')
    } catch {
      return ''
    }
  }

  #publish(name: string, text: string): void {
    const path = join(this.#directory, name)
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }
}
