import {fileURLToPath} from 'node:url'
import {type BackendContext, defineBackend} from '@hermes-svc/core'
import {backend} from '../../dist/index.js'
import type {Domain, JobScope} from '../../dist/launchd-facts.js'
import {FakeLaunchd, type FakeLaunchdOptions} from '../fake-launchd/fake-launchd.js'
import {createManager, type FakeMac, onMac} from '../fake-mac.js'
import type {Mac} from './mac.js'
import {runLaunchctl} from './run-launchctl.js'

/** An account as a Mac gives it to its first user. Root's agents are another matter. */
const UID = 501
const RESTART = fileURLToPath(new URL('restart-main.js', import.meta.url))

/** How another process finds a fake Mac. */
export interface FakePlace extends FakeMac {
  readonly agents: string
  readonly scope: JobScope
  readonly uid: number
  readonly domains: readonly Domain[]
}

/** A Mac of scenarios, with the launchd behind it. */
export interface StartedFake {
  readonly mac: Mac
  readonly place: FakePlace
  readonly launchd: FakeLaunchd
}

/** A fake Mac that runs already, whoever runs the tests. */
export function openMac(place: FakePlace): Mac {
  const {launchctl, daemons, agents, scope, uid, domains} = place
  const asCaller = (context: BackendContext): BackendContext => ({...context, caller: {...context.caller, uid}})
  return {
    isReal: false,
    scope,
    domain: domains[0] ?? 'system',
    domains,
    definitions: scope === 'system' ? daemons : agents,
    uid,
    account: null,
    launchctlPath: launchctl,
    backend: defineBackend({
      ...backend,
      detect: context => backend.detect(onMac(place, asCaller(context))),
      create: context => createManager(place, asCaller(context)),
    }),
    launchctl: (...args) => runLaunchctl(launchctl, args),
    restartCommand: (root, profile) => ({
      argv: [process.execPath, RESTART, JSON.stringify({place, root, profile})],
      env: {},
    }),
  }
}

/** Starts a fake Mac whose callers may do in that scope what is to be done there: root, or its first user. */
export async function startFakeMac(scope: JobScope, options: FakeLaunchdOptions = {}): Promise<StartedFake> {
  const isSystem = scope === 'system'
  const uid = isSystem ? 0 : UID
  const logins = (options.domains ?? ['gui', 'user']).map(domain => `${domain}/${String(uid)}` as Domain)
  const launchd = await FakeLaunchd.start({...options, uid, ...(isSystem ? {session: 'System'} : {})})
  const {launchctl, home, daemons, agents, directory} = launchd
  const domains: readonly Domain[] = isSystem ? ['system'] : logins
  const place: FakePlace = {launchctl, home, daemons, agents, directory, scope, uid, domains}
  return {mac: openMac(place), place, launchd}
}
