import type {GatewaySpec} from '@hermes-svc/core'
import type {S6Facts} from '../dist/s6-facts.js'

/** A gateway with nothing special about it. */
export function plainSpec(changes: Partial<GatewaySpec> = {}): GatewaySpec {
  return {
    profile: 'coder',
    description: 'Hermes gateway coder',
    argv: ['/opt/hermes/bin/hermes', '-p', 'coder', 'gateway', 'run', '--replace'],
    env: {
      API_SERVER_PORT: '8642',
      HERMES_HOME: '/opt/data',
      HOME: '/opt/data',
      PATH: '/usr/bin:/bin',
      TOKEN: 'se same',
    },
    cwd: '/opt/data',
    port: 8642,
    scope: 'container',
    account: 'hermes',
    autostart: true,
    restart: {
      delayMs: 1000,
      maxDelayMs: 60_000,
      windowMs: 60_000,
      giveUpAfter: null,
      fatalExitCodes: [78],
      cleanExitCodes: [0],
    },
    settleMs: 3000,
    stopTimeoutMs: 10_000,
    logs: {files: 10, sizeBytes: 1_000_000},
    userSet: [],
    ...changes,
  }
}

/** A container with s6-overlay whose scan directory is root's. */
export function plainFacts(changes: Partial<S6Facts> = {}): S6Facts {
  return {
    scandir: '/run/service',
    scope: 'container',
    root: '/opt/data',
    logs: '/opt/data/logs/gateways',
    dialect: 'hermes',
    withContenv: '/command/with-contenv',
    homeFromContainer: true,
    setuidgid: '/command/s6-setuidgid',
    s6Log: '/command/s6-log',
    s6Svstat: '/command/s6-svstat',
    writer: {uid: 0, name: 'root'},
    ...changes,
  }
}
