import {join} from 'node:path'
import {userInfo} from 'node:os'
import {
  type BackendContext,
  type Configuration,
  createToolRunner,
  DEFAULT_CONFIGURATION,
  serviceError,
  systemClock,
} from '@hermes-svc/core'
import type {Timing} from './conformance-options.js'

/** The environment of this process without what would slow down or divert the programs that tests start. */
export function plainEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([key, value]) => value !== undefined && !key.startsWith('HERMES_') && !/^NODE_(EXTRA_CA_CERTS|OPTIONS)$/.test(key),
  )
  return Object.fromEntries(kept) as Record<string, string>
}

/** Outside world of a backend under test: real but for the log, with a profile root of its own and with what is replaced. */
export function suiteContext(root: string, replaced: Partial<BackendContext> = {}): BackendContext {
  const {uid, gid, homedir} = userInfo()
  const env = plainEnvironment()
  const state = join(root, 'hermes-svc')
  return {
    tools: createToolRunner(env),
    env,
    platform: process.platform,
    caller: {uid: uid < 0 ? null : uid, gid: gid < 0 ? null : gid, home: homedir},
    clock: systemClock,
    logger: {debug: () => undefined, warn: () => undefined, incomplete: () => undefined},
    paths: {root, state, gateways: join(state, 'gateways'), logs: join(root, 'logs', 'gateways')},
    configuration: {},
    signal: new AbortController().signal,
    error: serviceError,
    ...replaced,
  }
}

/** The configuration that a suite runs under. */
export function suiteConfiguration({settleMs, stopTimeoutMs, restartDelayMs}: Timing): Configuration {
  return {
    ...DEFAULT_CONFIGURATION,
    start: {settleMs},
    stop: {timeoutMs: stopTimeoutMs},
    restart: {...DEFAULT_CONFIGURATION.restart, delayMs: restartDelayMs},
  }
}
