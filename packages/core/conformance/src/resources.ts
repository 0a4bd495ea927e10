import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {startTimeOf, type ServiceManager} from '@hermes-svc/core'
import type {ForeignGateway} from './conformance-options.js'
import type {Behaviour, Sample, Samples} from './samples.js'

let made = 0

/** Who made a throw-away name, by pid; null when the name is not one of the suite's. */
function makerOf(prefix: string, name: string): number | null {
  const digits = name.startsWith(`${prefix}-`) ? /^[0-9a-z]+/.exec(name.slice(prefix.length + 1))?.[0] : undefined
  const pid = digits === undefined ? Number.NaN : Number.parseInt(digits, 36)
  return Number.isSafeInteger(pid) ? pid : null
}

/** Whether a name was made by a run that is over. */
export function isLeftOver(prefix: string, name: string): boolean {
  const pid = makerOf(prefix, name)
  return pid !== null && pid !== process.pid && startTimeOf(pid) === null
}

/** Roots of earlier runs that ended without cleaning up. */
export function leftOverRoots(prefix: string): string[] {
  const names = readdirSync(tmpdir()).filter(name => isLeftOver(prefix, name))
  return names.map(name => join(tmpdir(), name))
}

/** Everything that one test made, so that all of it can be taken away again. */
export class Resources {
  readonly root: string
  readonly #prefix: string
  readonly #samples: Samples
  readonly #profiles: string[] = []
  readonly #witnesses: Sample[] = []
  readonly #foreign: ForeignGateway[] = []

  constructor(prefix: string, samples: Samples) {
    this.#prefix = `${prefix}-${process.pid.toString(36)}`
    this.#samples = samples
    this.root = mkdtempSync(join(tmpdir(), `${this.#prefix}-`))
  }

  name(suffix: string): string {
    made += 1
    const name = `${this.#prefix}-${made.toString(36)}${suffix}`
    this.track(name)
    return name
  }

  track(profile: string): void {
    this.#profiles.push(profile)
  }

  async sample(behaviour: Behaviour): Promise<Sample> {
    const sample = await this.#samples.gateway(behaviour)
    this.#witnesses.push(sample)
    return sample
  }

  /** Every command line on the machine; null where that cannot be read. */
  commandLines(): readonly string[] | null {
    return this.#samples.commandLines()
  }

  addForeign(gateway: ForeignGateway): void {
    this.#foreign.push(gateway)
  }

  /** Removes all of it, by the host's manager and, failing that, by the backend's own. Resolves to what is left. */
  async release(manager: ServiceManager, raw: ServiceManager, timeoutMs: number): Promise<string[]> {
    const left: string[] = []
    const attempt = async (what: string, action: () => Promise<unknown>): Promise<void> => {
      try {
        await action()
      } catch (error) {
        left.push(`${what}: ${(error as Error).message}`)
      }
    }
    const uninstall = (profile: string): Promise<unknown> =>
      manager.uninstall(profile, {timeoutMs}).catch(() => raw.uninstall(profile))
    for (const foreign of this.#foreign) await attempt('a foreign definition', () => foreign.remove())
    for (const profile of this.#profiles) await attempt(profile, () => uninstall(profile))
    const alive = this.#witnesses.flatMap(sample => sample.alivePids())
    if (alive.length > 0) left.push(`processes ${alive.join(', ')}`)
    for (const sample of this.#witnesses) await attempt('a sample gateway', () => sample.remove())
    await attempt('status', async () => {
      for (const row of await raw.status(this.#profiles)) left.push(`the definition of ${row.profile}`)
    })
    rmSync(this.root, {recursive: true, force: true})
    return left
  }
}
