import {join} from 'node:path'
import {accountOf, type BackendContext, type Writer} from '@hermes-svc/core'
import type {DefinitionPlace, JobDefinition} from './job-definitions.js'
import {jobDirectory, type MachinePlaces} from './job-paths.js'
import type {JobTarget, Launchctl} from './launchctl.js'
import {type Domain, type JobScope, ledgerOf, type ScopeFacts} from './launchd-facts.js'
import type {JobPrint} from './print-output.js'

/** Agents of one account, or daemons: where they are defined, which domains they are loaded in, whose rights that takes. */
export class LaunchdScope {
  readonly scope: JobScope
  readonly writer: Writer
  /** Where launchd looks for definitions when a domain comes up. */
  readonly directory: string
  readonly #context: BackendContext
  readonly #launchctl: Launchctl
  readonly #places: MachinePlaces

  /** `writer` is the account whose agents these are; root for daemons. */
  constructor(scope: JobScope, context: BackendContext, launchctl: Launchctl, writer: Writer, places: MachinePlaces) {
    this.scope = scope
    this.writer = writer
    this.#context = context
    this.#launchctl = launchctl
    this.#places = places
    this.directory = scope === 'system' ? places.daemons : this.#agents()
  }

  /** What is needed to read the definitions of this scope. */
  get place(): DefinitionPlace {
    const {root, gateways} = this.#context.paths
    return {scope: this.scope, directory: this.directory, root, gateways, support: this.#places.support}
  }

  /** The domains that a job of this scope may be loaded in, the best one first. */
  get domains(): readonly Domain[] {
    if (this.scope === 'system') return ['system']
    return [`gui/${String(this.writer.uid)}`, `user/${String(this.writer.uid)}`]
  }

  /** The domain that keeps the note of which labels are disabled. */
  get ledger(): Domain {
    return ledgerOf(this.domains[0] ?? 'system')
  }

  /** A label of this scope in that note. */
  noted(label: string): JobTarget {
    return `${this.ledger}/${label}`
  }

  /** The domain that a definition of ours is for. Somebody else's may be for any: the best one first. */
  domainsOf({session}: Pick<JobDefinition, 'session'>): readonly Domain[] {
    if (session === null) return this.domains
    return this.domains.filter(domain => domain.startsWith('gui/') === (session === 'Aqua'))
  }

  /** A label in every domain of the scope. */
  everywhere(label: string): JobTarget[] {
    return this.domains.map((domain): JobTarget => `${domain}/${label}`)
  }

  /** What launchd has of a definition's job, in the first of its domains that has it; null when none has. */
  async find(
    definition: Pick<JobDefinition, 'label' | 'session'>,
    signal?: AbortSignal,
  ): Promise<{readonly target: JobTarget; readonly job: JobPrint} | null> {
    for (const domain of this.domainsOf(definition)) {
      const target: JobTarget = `${domain}/${definition.label}`
      const job = await this.#launchctl.print(target, signal)
      if (job !== null) return {target, job}
    }
    return null
  }

  /** Where what belongs to the job of a profile lies. */
  jobDirectory(profile: string): string {
    return jobDirectory(this.scope, this.place, profile)
  }

  /** What planning has to know. */
  async facts(signal?: AbortSignal): Promise<ScopeFacts> {
    const {directory, writer} = this
    if (this.scope === 'system') return {directory, domain: 'system', account: 'root', unreachable: null}
    for (const domain of this.domains) {
      if (await this.#launchctl.hasDomain(domain, signal))
        return {directory, domain, account: writer.name, unreachable: null}
    }
    return {directory, domain: null, account: writer.name, unreachable: whyUnreachable(this.domains)}
  }

  /** LaunchAgents of the account's home as the account database has it: HOME may be a profile's. */
  #agents(): string {
    const {caller} = this.#context
    const home = this.writer.uid === caller.uid ? caller.home : accountOf(this.writer.uid)?.home
    return join(home ?? '/', 'Library/LaunchAgents')
  }
}

/** What is said of an account that launchd keeps no jobs for. Pure. */
export function whyUnreachable(domains: readonly Domain[]): {reason: string; hint: string} {
  return {
    reason: `expected a domain of launchd for this account, got neither ${domains.join(' nor ')}`,
    hint: 'log in at the screen or over ssh; as root, --scope system needs no login',
  }
}
