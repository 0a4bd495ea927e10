import type {GatewaySpec} from '@hermes-svc/core'
import type {LaunchdFacts} from '../dist/launchd-facts.js'

/** The crash policy that a configuration without one gives, with changes. */
export function restart(changes: Partial<GatewaySpec['restart']> = {}): GatewaySpec['restart'] {
  return {
    delayMs: 5000,
    maxDelayMs: 300_000,
    windowMs: 120_000,
    giveUpAfter: null,
    fatalExitCodes: [78],
    cleanExitCodes: [0],
    ...changes,
  }
}

/** A gateway that nobody set anything of, with changes. */
export function plainSpec(changes: Partial<GatewaySpec> = {}): GatewaySpec {
  return {
    profile: 'coder',
    description: 'Hermes gateway coder',
    argv: ['/opt/hermes/bin/hermes', '-p', 'coder', 'gateway', 'run'],
    env: {HERMES_HOME: '/Users/ada/.hermes/profiles/coder', TOKEN: 's3cret'},
    cwd: '/Users/ada/.hermes',
    port: 8642,
    scope: 'user',
    account: 'ada',
    autostart: true,
    restart: restart(),
    settleMs: 1000,
    stopTimeoutMs: 70_000,
    logs: {files: 10, sizeBytes: 1_000_000},
    userSet: [],
    ...changes,
  }
}

/** A Mac with somebody logged in at the screen, with changes. */
export function plainFacts(changes: Partial<LaunchdFacts> = {}): LaunchdFacts {
  return {
    uid: 501,
    launchctl: '/bin/launchctl',
    root: '/Users/ada/.hermes',
    gateways: '/Users/ada/.hermes/hermes-svc/gateways',
    logs: '/Users/ada/.hermes/logs/gateways',
    support: '/Library/Application Support/hermes-svc',
    systemLogs: '/Library/Logs/hermes-svc',
    user: {directory: '/Users/ada/Library/LaunchAgents', domain: 'gui/501', account: 'ada', unreachable: null},
    system: {directory: '/Library/LaunchDaemons', domain: 'system', account: 'root', unreachable: null},
    ...changes,
  }
}
