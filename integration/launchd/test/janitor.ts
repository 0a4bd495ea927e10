import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'

const MAIN = fileURLToPath(new URL('janitor-main.js', import.meta.url))

/** How another process opens a Mac. */
export interface Opener {
  /** URL of a module that exports `openMac`. */
  readonly module: string
  /** What that takes. */
  readonly place: unknown
}

/** A process of its own that cleans up a Mac when this one has ended, also after Ctrl-C or SIGKILL. */
export class Janitor {
  readonly #child: ChildProcess

  /** Removes that directory as well, and leaves those jobs alone that rotate logs. */
  constructor({module, place}: Opener, directory: string, spared: readonly string[]) {
    const args = [module, JSON.stringify(place), directory, JSON.stringify(spared)]
    this.#child = spawn(process.execPath, [MAIN, ...args], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child.unref()
  }

  /** Has it clean up now. Gives what it said: a line for each label that was still there. */
  async end(): Promise<string> {
    let said = ''
    this.#child.ref()
    this.#child.stdout?.setEncoding('utf8').on('data', (part: string) => (said += part))
    const closed = once(this.#child, 'close') as Promise<[number | null]>
    this.#child.stdin?.end()
    const [code] = await closed
    if (code !== 0) throw new Error(`expected the clean-up to end with 0, got ${String(code)}: ${said}`)
    return said
  }
}
