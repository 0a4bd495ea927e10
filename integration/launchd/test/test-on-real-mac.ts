import type {JobScope} from '../../../packages/backend-launchd/dist/launchd-facts.js'
import {openMac, whyNoMac} from './real-mac.js'
import {skipOnMac, testOnMac} from './test-on-mac.js'

/** Tries everything on the launchd of this machine. */
export async function testOnRealMac(scope: JobScope): Promise<void> {
  const label = `[real launchd, ${scope}]`
  const reason = whyNoMac(scope)
  if (reason !== '') {
    skipOnMac(label, reason)
    return
  }
  await testOnMac({
    mac: await openMac(scope),
    label,
    opener: {module: new URL('real-mac.js', import.meta.url).href, place: scope},
    backendModule: new URL('../../../packages/backend-launchd/dist/index.js', import.meta.url).href,
  })
}
