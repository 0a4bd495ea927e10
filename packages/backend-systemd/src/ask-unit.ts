import {isDeepStrictEqual} from 'node:util'
import {propertiesFor} from './gateway-status-of.js'
import type {LoadedUnit, SystemdManager, UnitProperties} from './systemd-manager.js'

/** How often a unit that changes while it is asked is asked again. */
const MOST_ROUNDS = 3

function isPassing({activeState, subState}: LoadedUnit): boolean {
  return activeState === 'deactivating' || subState.startsWith('auto-restart')
}

/**
 * Asks a unit for what its state needs. Its state and its properties are several questions: of one that is on its way, they
 * belong together only where its state did not change meanwhile, or a death would be counted twice, or not at all.
 */
export async function askUnit(
  manager: Pick<SystemdManager, 'listUnits' | 'unitProperties'>,
  unit: LoadedUnit,
): Promise<{loaded: LoadedUnit; properties: UnitProperties}> {
  let loaded = unit
  for (let round = 1; ; round += 1) {
    const properties = await manager.unitProperties(loaded.path, propertiesFor(loaded))
    if (!isPassing(loaded) || round === MOST_ROUNDS) return {loaded, properties}
    const [now] = await manager.listUnits([loaded.name])
    if (!now || isDeepStrictEqual(now, loaded)) return {loaded, properties}
    loaded = now
  }
}
