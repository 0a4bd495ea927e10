import {userInfo} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {accountNamed} from '@hermes-svc/core'
import {backend} from '../../../packages/backend-launchd/dist/index.js'
import type {Domain, JobScope} from '../../../packages/backend-launchd/dist/launchd-facts.js'
import type {Mac} from '../../../packages/backend-launchd/dist-test/scenarios/mac.js'
import {runLaunchctl} from '../../../packages/backend-launchd/dist-test/scenarios/run-launchctl.js'

const LAUNCHCTL = '/bin/launchctl'
const BIN = fileURLToPath(new URL('../../../packages/cli/bin/run.cjs', import.meta.url))

/** The environment of the real program for a profile root, with nothing of it outside of that. */
export function environmentFor(root: string): Record<string, string> {
  return {
    HERMES_HOME: root,
    HERMES_SVC_DATA_DIR: join(root, 'data'),
    HERMES_SVC_CONFIG_DIR: join(root, 'config'),
    HERMES_SVC_START_SETTLE: '300ms',
    HERMES_SVC_STOP_TIMEOUT: '10s',
    HERMES_SVC_RESTART_DELAY: '1s',
  }
}

/** A command line of the real program. */
export function programWith(...args: string[]): string[] {
  return [process.execPath, BIN, ...args]
}

/** Why the real launchd cannot be tried here in that scope, or an empty string. */
export function whyNoMac(scope: JobScope): string {
  if (process.platform !== 'darwin') return 'needs macOS'
  const isRoot = process.getuid?.() === 0
  if (scope === 'user') return isRoot ? 'needs an account other than root' : ''
  return isRoot ? '' : 'needs root, as integration/launchd/on-a-mac --system has it'
}

async function domainsOf(scope: JobScope, uid: number): Promise<Domain[]> {
  if (scope === 'system') return ['system']
  const found: Domain[] = []
  for (const name of ['gui', 'user']) {
    const domain = `${name}/${String(uid)}` as Domain
    if ((await runLaunchctl(LAUNCHCTL, ['print', domain])).code === 0) found.push(domain)
  }
  return found
}

/** This Mac, for its account or as a whole. Rejects where the account is not logged in. */
export async function openMac(scope: JobScope): Promise<Mac> {
  const {uid, homedir} = userInfo()
  const domains = await domainsOf(scope, uid)
  const [domain] = domains
  if (domain === undefined) throw new Error(`expected launchd to have a domain for uid ${String(uid)}, got none`)
  return {
    isReal: true,
    scope,
    domain,
    domains,
    definitions: scope === 'system' ? '/Library/LaunchDaemons' : join(homedir, 'Library/LaunchAgents'),
    uid,
    account: scope === 'system' ? accountNamed(process.env['SUDO_USER'] ?? '') : null,
    launchctlPath: LAUNCHCTL,
    backend,
    launchctl: (...args) => runLaunchctl(LAUNCHCTL, args),
    restartCommand: (root, profile) => ({
      argv: programWith('gateway', 'restart', profile),
      env: environmentFor(root),
    }),
  }
}
