import {type Backend, type BackendContext, defineBackend, type ServiceManager} from '@hermes-svc/core'
import {join} from 'node:path'
import {backend as real} from '../dist/index.js'
import type {MachinePlaces} from '../dist/job-paths.js'
import {LaunchdServiceManager} from '../dist/launchd-service-manager.js'

/** What tells every process of a test which fake Mac is meant. */
const VARIABLE = 'FAKE_MAC'

/** Where a fake Mac has what a real one has in fixed places. */
export interface FakeMac {
  readonly launchctl: string
  readonly home: string
  readonly daemons: string
  readonly directory: string
}

/** Its directories outside of any home. */
export function placesOf({daemons, directory}: FakeMac): MachinePlaces {
  return {daemons, support: join(directory, 'support'), logs: join(directory, 'system-logs')}
}

/** A context as a host on that Mac would make it. */
export function onMac(mac: FakeMac, context: BackendContext): BackendContext {
  return {
    ...context,
    platform: 'darwin',
    caller: {...context.caller, home: mac.home},
    configuration: {launchctl: mac.launchctl, ...context.configuration},
  }
}

/** The backend's manager on that Mac. */
export function createManager(mac: FakeMac, context: BackendContext): ServiceManager {
  return new LaunchdServiceManager('launchd', onMac(mac, context), placesOf(mac))
}

/** Has `backend`, also of processes that are started later, work on that Mac. */
export function chooseMac({launchctl, home, daemons, directory}: FakeMac): void {
  process.env[VARIABLE] = JSON.stringify({launchctl, home, daemons, directory})
}

function chosen(): FakeMac {
  return JSON.parse(process.env[VARIABLE] ?? '') as FakeMac
}

/** The real backend, on the Mac that was chosen. */
export const backend: Backend = defineBackend({
  ...real,
  detect(context) {
    return real.detect(onMac(chosen(), context))
  },
  create(context) {
    return createManager(chosen(), context)
  },
})
