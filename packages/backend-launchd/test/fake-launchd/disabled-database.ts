import {readJson, writeJson} from './state-files.js'
import type {DomainName} from './settings.js'

/** What was decided about a label; launchd knows nothing of the others. */
export type Decision = 'enabled' | 'disabled'

type Database = Partial<Record<'system' | 'account', Record<string, Decision>>>

/** What enable and disable were told. gui and user share it as they are one account's; it outlives jobs, files and reboots. */
export class DisabledDatabase {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  set(domain: DomainName, label: string, decision: Decision): void {
    const database = readJson<Database>(this.#path, {})
    const owner = ownerOf(domain)
    writeJson(this.#path, {...database, [owner]: {...database[owner], [label]: decision}})
  }

  /** Labels about which something was ever decided, sorted. */
  list(domain: DomainName): [label: string, decision: Decision][] {
    const decisions = readJson<Database>(this.#path, {})[ownerOf(domain)] ?? {}
    return Object.entries(decisions).sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** The Disabled key of launchd.plist(5) only counts where nothing was decided. */
  isDisabled(domain: DomainName, label: string, byDefinition: boolean): boolean {
    const decision = new Map(this.list(domain)).get(label)
    return decision === undefined ? byDefinition : decision === 'disabled'
  }
}

function ownerOf(domain: DomainName): 'system' | 'account' {
  return domain === 'system' ? 'system' : 'account'
}
