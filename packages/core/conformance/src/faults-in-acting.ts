import {type GatewaySpec, type GatewayStatus, hashSpec} from '@hermes-svc/core'
import {type MemoryFault, rendersRestart, rows} from './memory-fault.js'
import type {MemorySlot} from './memory-init.js'

function runsAsDefined({process, spec}: MemorySlot): boolean {
  return process !== null && JSON.stringify([process.argv, process.env]) === JSON.stringify([spec.argv, spec.env])
}

/** A map that takes names for the same that an init system with fewer letters would. */
class FoldingMap extends Map<string, MemorySlot> {
  override get(key: string): MemorySlot | undefined {
    return super.get(key.replaceAll('_', '-'))
  }
  override has(key: string): boolean {
    return super.has(key.replaceAll('_', '-'))
  }
  override set(key: string, slot: MemorySlot): this {
    return super.set(key.replaceAll('_', '-'), slot)
  }
  override delete(key: string): boolean {
    return super.delete(key.replaceAll('_', '-'))
  }
}

const SHORT_STOP_MS = 50
const TIRED_AFTER = 4

/** Faults in what verbs do: names, lifecycle, install, registration. */
export const FAULTS_IN_ACTING = {
  foldsNames: {
    init(init) {
      Object.assign(init, {slots: new FoldingMap()})
    },
  },

  trustsCleanExit: rows((_row, {process, wanted, lastExit}) =>
    !process && wanted === 'up' && lastExit?.code === 0 ? {state: 'running', pid: 4_999_999} : {},
  ),
  stopLies: rows((_row, {stopping, spec}) =>
    stopping && spec.stopTimeoutMs <= SHORT_STOP_MS ? {state: 'stopped', pid: null} : {},
  ),
  restartSparesUnchanged: {
    slot(slot) {
      const again = slot.again.bind(slot)
      slot.again = () => {
        if (!runsAsDefined(slot)) again()
      }
    },
  },
  restartNeedsProcess: {
    manager(manager) {
      manager.restart = async (profile, options) => {
        const slot = manager.slot(profile)
        return slot.process || slot.parked ? await manager.tell('again', profile, options?.signal) : manager.row(slot)
      }
    },
  },
  restartKeepsParked: {
    slot(slot) {
      const again = slot.again.bind(slot)
      slot.again = () => {
        if (!slot.parked) again()
      }
    },
  },
  startRestarts: {
    slot(slot) {
      const up = slot.up.bind(slot)
      slot.up = () => {
        if (slot.process) slot.again()
        else up()
      }
    },
  },
  stopInsistsOnProcess: {
    manager(manager) {
      manager.stop = async (profile, options) => {
        const {process, wanted} = manager.slot(profile)
        if (!process && wanted === 'down') throw manager.error('HSVC_TOOL_FAILED', `${profile} is not running`)
        return await manager.tell('down', profile, options?.signal)
      }
    },
  },
  stopKeepsTimer: {
    slot(slot) {
      const down = slot.down.bind(slot)
      slot.down = () => {
        const waited = (slot.nextStartAt?.getTime() ?? 0) > Date.now() + SHORT_STOP_MS
        down()
        if (waited) setTimeout(() => slot.up(), 20)
      }
    },
  },
  forgetsStopOnReboot: {
    init(init) {
      init.boot = slot => {
        if (slot.spec.autostart) slot.up()
      }
    },
  },
  forgetsToAutostart: {
    init(init) {
      init.boot = () => undefined
    },
  },
  matchesByPrefix: {
    manager(manager) {
      const status = manager.status.bind(manager)
      manager.status = async profiles => {
        const found = await status(profiles)
        const similar = [...manager.init.slots.values()].flatMap(slot => {
          const asked = profiles?.find(name => slot.profile.startsWith(`${name}_`))
          return asked === undefined || manager.init.slots.has(asked) ? [] : {...manager.row(slot), profile: asked}
        })
        return [...found, ...similar]
      }
    },
  },
  tiresOut: {
    manager(manager) {
      const starts = new Map<string, number>()
      const start = manager.start.bind(manager)
      manager.start = async (profile, options) => {
        const count = (starts.get(profile) ?? 0) + 1
        starts.set(profile, count)
        return count < TIRED_AFTER ? await start(profile, options) : manager.row(manager.slot(profile))
      }
    },
  },
  givesUpUnasked: rendersRestart(({giveUpAfter}) => ({giveUpAfter: giveUpAfter ?? 3})),
  neverGivesUp: rendersRestart(() => ({giveUpAfter: null})),
  restartsAfterFatal: rendersRestart(() => ({fatalExitCodes: []})),
  parksAfter75: {
    ...rendersRestart(({fatalExitCodes}) => ({fatalExitCodes: [...fatalExitCodes, 75]})),
    slot(slot) {
      slot.restartCodes = []
    },
  },

  hashesWhatItTrimmed: rows((_row, {spec}) => ({
    specHash: hashSpec({
      ...spec,
      env: Object.fromEntries(Object.entries(spec.env).map(([key, value]) => [key, value.trim()])),
    }),
  })),
  keepsOldEnvironment: {
    manager(manager) {
      const define = manager.define.bind(manager)
      manager.define = (spec, origin) => {
        const standing = manager.init.slots.get(spec.profile)
        define({...spec, env: standing?.spec.env ?? spec.env}, origin)
        const slot = manager.slot(spec.profile)
        slot.definition = {...slot.definition, specHash: hashSpec(spec)}
        return manager.row(slot)
      }
    },
  },
  reinstallStarts: {
    manager(manager) {
      const install = manager.install.bind(manager)
      manager.install = async (spec, options) => {
        const standing = manager.init.slots.get(spec.profile)
        const row = await install(spec, options)
        if (standing && !standing.process) standing.up()
        return row
      }
    },
  },
  installRestarts: {
    manager(manager) {
      const install = manager.install.bind(manager)
      manager.install = async (spec, options) => {
        const row = await install(spec, options)
        if (row.pid !== null) manager.slot(spec.profile).again()
        return row
      }
    },
  },
  listStaysStale: {
    manager(manager) {
      const gone: GatewayStatus[] = []
      const status = manager.status.bind(manager)
      const uninstall = manager.uninstall.bind(manager)
      manager.uninstall = async profile => {
        gone.push(...(await status([profile])))
        return await uninstall(profile)
      }
      manager.status = async profiles => [...(await status(profiles)), ...(profiles ? [] : gone)]
    },
  },
  uninstallTakesPrefix: {
    manager(manager) {
      const uninstall = manager.uninstall.bind(manager)
      manager.uninstall = async profile => {
        const removed = await uninstall(profile)
        const names = [...manager.init.slots.keys()].filter(name => name.startsWith(`${profile}-`))
        for (const name of names) manager.init.remove(name)
        return removed
      }
    },
  },
  uninstallInsists: {
    manager(manager) {
      const uninstall = manager.uninstall.bind(manager)
      manager.uninstall = async profile => {
        manager.slot(profile)
        return await uninstall(profile)
      }
    },
  },

  registerStarts: {
    manager(manager) {
      const register = manager.registerProfileGateway.bind(manager)
      manager.registerProfileGateway = async (profile, options) => {
        await register(profile, options)
        return await manager.start(profile)
      }
    },
  },
  registerOverwrites: {
    manager(manager) {
      manager.registerProfileGateway = (_profile, options) =>
        Promise.resolve(manager.define(options?.spec as GatewaySpec, 'registered'))
    },
  },
  unregisterInsists: {
    manager(manager) {
      const unregister = manager.unregisterProfileGateway.bind(manager)
      manager.unregisterProfileGateway = async profile => {
        manager.slot(profile)
        await unregister(profile)
      }
    },
  },
  unregisterTakesInstalled: {
    manager(manager) {
      manager.unregisterProfileGateway = profile => {
        manager.init.remove(profile)
        return Promise.resolve()
      }
    },
  },
  unregisterStaysListed: {
    manager(manager) {
      const listed = new Set<string>()
      const list = manager.listProfileGateways.bind(manager)
      manager.listProfileGateways = async () => {
        for (const name of await list()) listed.add(name)
        return [...listed].sort()
      }
    },
  },
  listsInstalledToo: {
    manager(manager) {
      manager.listProfileGateways = async () => (await manager.status()).map(row => row.profile)
    },
  },
  promotionForgotten: {
    manager(manager) {
      const define = manager.define.bind(manager)
      manager.define = (spec, origin) => {
        const standing = manager.init.slots.get(spec.profile)?.definition.origin
        return define(spec, standing === 'registered' ? standing : origin)
      }
    },
  },
  registersUndeclared: {
    manager(manager) {
      manager.registerProfileGateway = (_profile, options) =>
        Promise.resolve(manager.define(options?.spec as GatewaySpec, 'registered'))
    },
  },
  listsUndeclared: {
    manager(manager) {
      manager.listProfileGateways = async () => (await manager.status()).map(row => row.profile)
    },
  },
  misstatesRegistration: {
    manager(manager) {
      manager.supportsRuntimeRegistration = () => !manager.capabilities.runtimeRegistration
    },
  },
} as const satisfies Record<string, MemoryFault>
