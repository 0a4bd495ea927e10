import {randomBytes} from 'node:crypto'
import {dirname, join} from 'node:path'
import {
  type GatewaySpec,
  invalidProfileReason,
  namesIn,
  type Paths,
  removeIfEmpty,
  removeStaged,
  STAGING_PREFIX,
  type Writer,
} from '@hermes-svc/core'
import {renameOver} from '@hermes-svc/core/rename-over'
import {observeRunner, type RunnerObservation} from './observe-runner.js'
import {definitionDirectory, runnerDefinition} from './runner-definition.js'
import {writeRunnerFiles} from './runner-files.js'

/** The runner directories of a backend. All work is synchronous and done with the writer's rights. */
export class DefinitionStore {
  readonly #kind: string
  readonly #paths: Paths
  readonly #run: Writer['run']

  constructor(kind: string, paths: Paths, writer: Writer) {
    this.#kind = kind
    this.#paths = paths
    this.#run = writer.run
  }

  /** Profiles that may have a definition, sorted; none where nothing was ever installed. Throws when it cannot look. */
  profiles(): string[] {
    const names = this.#run(() => namesIn(this.#paths.gateways))
    return names.filter(name => invalidProfileReason(name) === null).sort()
  }

  /** Where the definition of a profile is. */
  directory(profile: string): string {
    return definitionDirectory(this.#kind, this.#paths, profile)
  }

  /** null when there is no definition. Throws when it cannot be read. */
  observe(profile: string): RunnerObservation | null {
    return this.#run(() => observeRunner(this.directory(profile)))
  }

  /** Writes the definition whole or not at all; `life` is given for one that is only registered. */
  write(spec: GatewaySpec, life: string | null): void {
    const directory = this.directory(spec.profile)
    this.#run(() => {
      removeStaged(directory)
      writeRunnerFiles(directory, runnerDefinition(spec, this.#paths, life), spec.env)
    })
  }

  /** Takes a definition away; it disappears whole. The profile's directory stays while something else is in it. */
  remove(profile: string): string {
    const directory = this.directory(profile)
    const parent = dirname(directory)
    this.#run(() => {
      renameOver(directory, join(parent, `${STAGING_PREFIX}${this.#kind}.${randomBytes(6).toString('hex')}`))
      removeStaged(directory)
      // The record may be there still, or whatever else the host keeps beside it.
      removeIfEmpty(parent)
    })
    return directory
  }
}
