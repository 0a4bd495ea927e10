import type {GatewaySpec} from '@hermes-svc/core'
import type {SystemdFacts} from '../dist/systemd-facts.js'

/** A gateway with nothing special about it. */
export function plainSpec(changes: Partial<GatewaySpec> = {}): GatewaySpec {
  return {
    profile: 'coder',
    description: 'Hermes gateway coder',
    argv: ['/opt/hermes/bin/hermes', '-p', 'coder', 'gateway', 'run'],
    env: {
      HERMES_HOME: '/home/ada/.hermes/profiles/coder',
      HOME: '/home/ada',
      PATH: '/usr/bin:/bin',
      TOKEN: 'se same',
    },
    cwd: '/home/ada/.hermes',
    port: 8642,
    scope: 'user',
    account: 'ada',
    autostart: true,
    restart: {
      delayMs: 5000,
      maxDelayMs: 300_000,
      windowMs: 120_000,
      giveUpAfter: null,
      fatalExitCodes: [78],
      cleanExitCodes: [0],
    },
    settleMs: 1000,
    stopTimeoutMs: 70_000,
    logs: {files: 10, sizeBytes: 1_000_000},
    userSet: [],
    ...changes,
  }
}

/** A policy that differs from the plain one in some points. */
export function restart(changes: Partial<GatewaySpec['restart']>): Pick<GatewaySpec, 'restart'> {
  return {restart: {...plainSpec().restart, ...changes}}
}

/** A host with a journal, where ada asks and both managers answer. */
export function plainFacts(changes: Partial<SystemdFacts> = {}): SystemdFacts {
  return {
    version: 252,
    uid: 1000,
    root: '/home/ada/.hermes',
    gateways: '/home/ada/.hermes/hermes-svc/gateways',
    logs: '/home/ada/.hermes/logs/gateways',
    journal: true,
    user: {unitDirectory: '/home/ada/.config/systemd/user', account: 'ada', unreachable: null},
    system: {unitDirectory: '/etc/systemd/system', account: 'root', unreachable: null},
    ...changes,
  }
}
