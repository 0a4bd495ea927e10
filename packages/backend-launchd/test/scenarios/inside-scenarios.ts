import assert from 'node:assert/strict'
import {eventually} from './eventually.js'
import type {Mac} from './mac.js'
import type {Scenario} from './scenario.js'
import type {Gateway, Site} from './site.js'

/** The job that does what would end its caller (src/hand-off.ts). */
const HAND_OFF = 'ai.hermes-svc-hand-off.'

/** Only root may restart a daemon. */
function whyNotItself({scope, account}: Mac): string | null {
  return scope === 'system' && account !== null ? 'an account cannot restart the daemon that runs its gateway' : null
}

/** Has the gateway restart itself, as its child does that `hermes-svc gateway restart` is. Gives the new pid. */
async function restartFromInside(site: Site, gateway: Gateway): Promise<number> {
  const {witness, profile} = gateway
  const before = await site.assertOne(gateway)
  witness.order({run: site.mac.restartCommand(site.root, profile)})
  try {
    return await site.another(gateway, before)
  } catch (error) {
    throw new Error(`it did not come back; its command said: ${witness.commandLog}`, {cause: error})
  }
}

/** Gateways that act on themselves: launchd ends whoever asks it to end its own job. */
export const INSIDE_SCENARIOS: readonly Scenario[] = [
  {
    name: 'inside',
    title: 'N times a gateway that restarts itself from inside its own job comes back',
    rounds: 5,
    exempt: whyNotItself,
    async play(site, rounds) {
      const gateway = await site.running()
      for (let round = 1; round <= rounds; round += 1) {
        await restartFromInside(site, gateway)
        await site.assertOne(gateway)
      }
      assert.equal(gateway.witness.starts().length, rounds + 1)
      return `${String(rounds)} of ${String(rounds)} came back`
    },
  },
  {
    name: 'inside-changed',
    title: 'N times a gateway comes back with a changed definition that it restarts itself for from inside its own job',
    rounds: 5,
    exempt: whyNotItself,
    async play(site, rounds) {
      const gateway = await site.running()
      for (let round = 1; round <= rounds; round += 1) {
        const word = `round-${String(round)}`
        await site.install(gateway, [word], false)
        await restartFromInside(site, gateway)
        await site.assertOne(gateway)
        assert.equal(gateway.witness.starts().at(-1)?.argv.at(-1), word)
        await eventually('the job that did it is gone', async () => {
          const {domain} = site.mac
          return (await site.mac.launchctl('print', `${domain}/${HAND_OFF}${gateway.profile}`)).code !== 0
        })
      }
      return `${String(rounds)} of ${String(rounds)} came back`
    },
  },
]
