import {installMany} from './fleet/install.js'
import {reconcileEmbedded, reconcileS6} from './fleet/reconcile.js'
import {startAndStopEmbedded, startAndStopS6, startAndStopSystemd} from './fleet/start-and-stop.js'

const PARTS = {
  's6, start and stop': startAndStopS6,
  'embedded, start and stop': startAndStopEmbedded,
  'systemd, start and stop': startAndStopSystemd,
  's6, install': installMany,
  's6, reconcile': reconcileS6,
  'embedded, reconcile': reconcileEmbedded,
}

/** Verbs on many gateways at once, beside what the init system's own tools take for as many. */
export async function fleet(bench) {
  for (const [title, measurePart] of Object.entries(PARTS)) {
    const [backend] = title.split(',')
    if (bench.options.without.includes(backend)) bench.results.skip(title, 'left out')
    else await measurePart(bench, title)
  }
}
