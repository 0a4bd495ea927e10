import {join} from 'node:path'

/** What s6's own tools do for many services. */
export const BATCH = join(import.meta.dirname, '..', '..', 'peers', 's6-batch.sh')
/** Installs many gateways by the library. */
export const INSTALL_MANY = join(import.meta.dirname, '..', '..', 'machines', 'install-many.js')

/** The first turn is as good as any other, and each takes long. */
export function rounds({fleetRounds}) {
  return {rounds: fleetRounds, warmUps: 0}
}

/** What a start of a gateway waits for is kept with the gateway: the default, and nothing, as the init's own tools. */
const SETTLED = [
  ['1s', ''],
  ['0s', ', start.settle 0s'],
]

/** One fleet for each; of a fleet, what `measured` says, under a title of its own. */
export async function forEachSettle(make, measured) {
  const turns = []
  for (const [settle, suffix] of SETTLED) turns.push(measured(await make(settle), suffix, settle))
  return turns
}
