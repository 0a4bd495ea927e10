import type {GatewayRequest, GuardedServiceManager} from '@hermes-svc/core'
import type {HostChange} from '@hermes-svc/core/conformance'

/** A manager that hands over to the guard's, with some methods done worse. */
function worse(change: (guarded: GuardedServiceManager) => Partial<GuardedServiceManager>): HostChange {
  return {
    wrap(guarded) {
      const changed = change(guarded)
      return new Proxy(guarded, {
        get(target, key) {
          const own = Reflect.get(changed, key) as unknown
          const value = own ?? (Reflect.get(target, key) as unknown)
          return typeof value === 'function' ? (value.bind(own === undefined ? target : changed) as unknown) : value
        },
      })
    },
  }
}

function worseRequest(change: (request: GatewayRequest) => GatewayRequest): HostChange {
  return worse(guarded => ({
    install: (request, options) => guarded.install(change(request), options),
    preview: (request, options) => guarded.preview(change(request), options),
  }))
}

function cleaned(text: string): string {
  return Buffer.from(text)
    .toString()
    .replaceAll(/[\0\uFFFD]/g, '')
}

/** What a host can do wrong around a guard that does it right: the sentences that no backend can break. */
export const HOST_FAULTS = {
  hostTamesNames: worse(guarded => ({
    install: (request, options) =>
      guarded.install({...request, profile: request.profile.trim().toLowerCase()}, options),
  })),
  hostSkipsEqualInstalls: worse(guarded => ({
    async install(request, options) {
      const {change} = await guarded.preview(request, options)
      const [row] = change === 'none' ? await guarded.status([request.profile]) : []
      return row?.drift === false ? row : await guarded.install(request, options)
    },
  })),
  hostTakesNoLock: {lock: (_directory, _name, _options, action) => action()},
  hostDropsTimeout: worse(guarded => ({
    stop: (profile, {timeoutMs: _timeoutMs, ...options} = {}) => guarded.stop(profile, options),
  })),
  hostDropsSignal: worse(guarded => ({
    stop: (profile, {signal: _signal, ...options} = {}) => guarded.stop(profile, options),
  })),
  hostCleansTexts: worseRequest(({argv = [], env = {}, cwd, ...request}) => ({
    ...request,
    argv: argv.map(cleaned),
    env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, cleaned(value)])),
    ...(cwd === undefined ? {} : {cwd: cleaned(cwd)}),
  })),
  hostDropsStrangeKeys: worseRequest(({env = {}, ...request}) => ({
    ...request,
    env: Object.fromEntries(Object.entries(env).filter(([key]) => /^[A-Za-z_]\w*$/.test(key))),
  })),
  hostForgetsWhoSetWhat: worseRequest(request =>
    request.userSet ? {...request, userSet: [], account: null} : request,
  ),
  hostHidesNotes: worse(guarded => ({
    async preview(request, options) {
      const preview = await guarded.preview(request, options)
      return {...preview, plan: {...preview.plan, notes: []}}
    },
  })),
  hostShowsEmptyLogs: worse(guarded => ({
    async *logs(profile, options) {
      try {
        yield* guarded.logs(profile, options)
      } catch (error) {
        if ((error as {code?: string}).code !== 'HSVC_UNSUPPORTED') throw error
      }
    },
  })),
} as const satisfies Record<string, HostChange>

/** The name of a host fault. */
export type HostFaultName = keyof typeof HOST_FAULTS
