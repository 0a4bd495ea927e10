import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

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
        process.exitCode = 1
      }
    }
  }

  /** Has Ctrl-C and TERM clean up too. */
  listen() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
      process.once(signal, () => {
        console.error(`\n${signal}: cleaning up`)
        void this.run().then(() => process.exit(130))
      })
  }
}
