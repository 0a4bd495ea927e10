import type {CandidateReport, GatewaySpec, GatewayStatus} from '@hermes-svc/core'

/** A running gateway as a backend reports it, with what a test changes. */
export function gateway(changes: Partial<GatewayStatus> = {}): GatewayStatus {
  return {
    profile: 'coder',
    backend: 'embedded',
    scope: 'user',
    service: 'coder',
    state: 'running',
    wanted: 'up',
    autostart: true,
    pid: 4121,
    startedAt: '2030-01-31T08:00:00.000Z',
    uptimeSeconds: 3661,
    restarts: 0,
    lastExit: null,
    nextStartAt: null,
    ready: null,
    health: null,
    port: null,
    origin: 'installed',
    definition: '/data/hermes-svc/gateways/coder/embedded',
    drift: null,
    logs: {kind: 'file', path: '/data/logs/gateways/coder/current'},
    ...changes,
  }
}

/** A resolved spec, with what a test changes. */
export function spec(changes: Partial<GatewaySpec> = {}): GatewaySpec {
  return {
    profile: 'coder',
    description: 'Hermes gateway coder',
    argv: ['/usr/bin/hermes', '-p', 'coder', 'gateway', 'run'],
    env: {},
    cwd: '/data',
    port: null,
    scope: 'user',
    account: null,
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

/** A detected backend of priority 50, with what a test changes. */
export function candidate(changes: Partial<CandidateReport> = {}): CandidateReport {
  const kind = changes.kind ?? 'embedded'
  return {
    kind,
    package: `pkg-${kind}`,
    version: '1.0.0',
    priority: 50,
    fallback: false,
    source: 'bundled',
    presence: 'available',
    scope: 'user',
    evidence: [],
    reason: null,
    hint: null,
    capabilities: {
      runtimeRegistration: false,
      scopes: ['user'],
      autostart: true,
      readiness: false,
      restartCount: true,
      backoff: 'exponential',
      giveUp: true,
      fatalExitCodes: true,
      logs: 'file',
      follow: true,
      runAsUser: false,
      reclaimsStrays: false,
      maxGateways: null,
    },
    ...changes,
  }
}
