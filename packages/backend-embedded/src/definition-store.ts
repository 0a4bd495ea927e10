import {randomBytes} from 'node:crypto'
import {readdirSync, renameSync, rmdirSync, rmSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {type GatewaySpec, invalidProfileReason, type Paths, STAGING_PREFIX, type Writer} from '@hermes-svc/core'
import {observeRunner, type RunnerObservation, writeRunnerFiles} from '@hermes-svc/runner'
import {DEFINITION, definitionDirectory, runnerDefinition} from './runner-definition.js'

/** The definitions on disk. All work is synchronous and done with the writer's rights. */
export class DefinitionStore {
  readonly #paths: Paths
  readonly #run: Writer['run']

  constructor(paths: Paths, writer: Writer) {
    this.#paths = paths
    this.#run = writer.run
  }

  /** Profiles that may have a definition, sorted; none where nothing was ever installed. Throws when it cannot look. */
  profiles(): string[] {
    try {
      const names = this.#run(() => readdirSync(this.#paths.gateways))
      return names.filter(name => invalidProfileReason(name) === null).sort()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  /** null when there is no definition. Throws when it cannot be read. */
  observe(profile: string): RunnerObservation | null {
    return this.#run(() => observeRunner(definitionDirectory(this.#paths, profile)))
  }

  /** Writes the definition whole or not at all; `life` is given for one that is only registered. */
  write(spec: GatewaySpec, life: string | null): void {
    const directory = definitionDirectory(this.#paths, spec.profile)
    this.#run(() => {
      this.#removeStaged(dirname(directory))
      writeRunnerFiles(directory, runnerDefinition(spec, this.#paths, life), spec.env)
    })
  }

  /** Takes a definition away; it disappears whole. The profile's directory stays while something else is in it. */
  remove(profile: string): string {
    const directory = definitionDirectory(this.#paths, profile)
    const parent = dirname(directory)
    this.#run(() => {
      renameSync(directory, join(parent, `${STAGING_PREFIX}${DEFINITION}.${randomBytes(6).toString('hex')}`))
      this.#removeStaged(parent)
      try {
        rmdirSync(parent)
      } catch (error) {
        // The record is still there, or whatever else the host keeps beside it.
        if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
      }
    })
    return directory
  }

  /** What killed writers and removers of definitions left, and nothing of anybody else's. */
  #removeStaged(parent: string): void {
    let names: string[] = []
    try {
      names = readdirSync(parent)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    for (const name of names.filter(each => each.startsWith(`${STAGING_PREFIX}${DEFINITION}.`))) {
      rmSync(join(parent, name), {recursive: true, force: true})
    }
  }
}
