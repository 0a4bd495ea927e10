import type {PlistValue} from 'plist'
import type {Mac} from '../mac.js'
import {Probe} from './probe.js'

/** What launchd does, as its documentation and other people's reports have it, and how to see what it does here. */
export interface Fact {
  readonly question: string
  /** What our documentation says. */
  readonly expected: string
  /** What else is as good. Default: nothing. */
  readonly accepts?: RegExp
  /** Whether the backend does not work where it is otherwise. */
  readonly isReliedOn: boolean
  /** Why it cannot be asked on a Mac; null when it can. Default: always null. */
  readonly exempt?: (mac: Mac) => string | null
  readonly ask: (asker: Asker) => Promise<string>
}

/** Makes the jobs that one fact needs, and takes them away again. */
export class Asker {
  readonly mac: Mac
  readonly #probes: Probe[] = []

  constructor(mac: Mac) {
    this.mac = mac
  }

  /** A job that runs a script of sh(1): what it writes goes to the directory `$1`. It is not loaded yet. */
  probe(script: string, keys: Readonly<Record<string, PlistValue>> = {}): Probe {
    const probe = new Probe(this.mac, script, keys)
    this.#probes.push(probe)
    return probe
  }

  async removeAll(): Promise<void> {
    for (const probe of this.#probes) await probe.remove()
  }
}

/** What became of a fact. */
export interface Finding {
  readonly fact: Fact
  /** What was seen, or why it was not. */
  readonly got: string
  readonly verdict: 'as expected' | 'otherwise' | 'FAILS' | 'not asked'
}

function judge({expected, accepts, isReliedOn}: Fact, got: string): Finding['verdict'] {
  if (got === expected || accepts?.test(got) === true) return 'as expected'
  return isReliedOn ? 'FAILS' : 'otherwise'
}

/** Asks one question. What goes wrong on the way counts as an answer. */
export async function askFact(mac: Mac, fact: Fact): Promise<Finding> {
  const reason = fact.exempt?.(mac) ?? null
  if (reason !== null) return {fact, got: reason, verdict: 'not asked'}
  const asker = new Asker(mac)
  let got: string
  try {
    got = await fact.ask(asker)
  } catch (error) {
    got = `error: ${(error as Error).message}`
  }
  try {
    await asker.removeAll()
  } catch (error) {
    got += `; clean-up: ${(error as Error).message}`
  }
  return {fact, got, verdict: judge(fact, got)}
}
