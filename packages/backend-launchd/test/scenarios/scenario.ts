import type {Mac} from './mac.js'
import {Site} from './site.js'

/** Something that happens to gateways on a Mac, the same on a real one and on a fake one. */
export interface Scenario {
  /** A part of file names and labels. */
  readonly name: string
  /** A sentence; `N` in it stands for the number of rounds. */
  readonly title: string
  /** How often it is done where it has the time. */
  readonly rounds: number
  /** Why it cannot be played on a Mac; null when it can. Default: always null. */
  readonly exempt?: (mac: Mac) => string | null
  /** Throws what was not as it should be. Gives what was measured, in one line. */
  readonly play: (site: Site, rounds: number) => Promise<string>
}

/** The title with its number. Pure. */
export function titleOf({title}: Scenario, rounds: number): string {
  return title.replace(/\bN\b/, String(rounds))
}

/** Plays a scenario at a place of its own, and leaves nothing there. */
export async function play(mac: Mac, {name, play: run}: Scenario, rounds: number): Promise<string> {
  const site = new Site(mac, name)
  let figures: string
  try {
    figures = await run(site, rounds)
  } catch (error) {
    // Why it failed is worth more than that it left something.
    await site.remove().catch(() => undefined)
    throw error
  }
  await site.remove()
  return figures
}
