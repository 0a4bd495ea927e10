import {setMaxListeners} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

const interruption = new AbortController()
// Each program that runs listens.
setMaxListeners(0, interruption.signal)

/** Aborted when the bench is interrupted. Whatever is not part of the clean-up ends then. */
export const interrupted = interruption.signal

/** What is to be undone, last first: at the end of a run, and when it is interrupted. */
export class CleanUp {
  #steps = []

  /** Gives a function that takes the step now, and never again. */
  add(step) {
    this.#steps.push(step)
    return async () => {
      const at = this.#steps.indexOf(step)
      if (at === -1) return
      this.#steps.splice(at, 1)
      await step()
    }
  }

  /** A new directory, removed with the rest. Its path is short, for the sockets below it. */
  directory() {
    const path = mkdtempSync(join(tmpdir(), 'hsb-'))
    this.add(() => rmSync(path, {recursive: true, force: true, maxRetries: 5}))
    return path
  }

  /** Takes all steps, whatever becomes of one. */
  async run() {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step()
      } catch (error) {
        console.error(`clean-up: ${error.message}`)
        process.exitCode ||= 1
      }
    }
  }

  /** Has Ctrl-C and TERM interrupt what goes on, which then cleans up as at any other end. */
  listen() {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
      process.once(name, () => {
        process.exitCode = 130
        interruption.abort(new Error(`${name}: cleaning up`))
      })
  }
}
