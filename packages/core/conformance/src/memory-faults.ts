import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {type Backend, type GatewaySpec, type GatewayStatus, hashSpec, type RestartPolicy} from '@hermes-svc/core'
import {MEMORY_TOOL, type MemoryServiceManager, planMemory} from './memory-backend.js'
import type {MemoryInit, MemorySlot} from './memory-init.js'

/** One deliberate defect, as changes to the parts of the memory backend. The backend itself knows nothing of faults. */
export interface MemoryFault {
  readonly manager?: (manager: MemoryServiceManager) => void
  readonly slot?: (slot: MemorySlot) => void
  readonly init?: (init: MemoryInit) => void
  readonly backend?: (backend: Backend) => Backend
}

type Rows = (row: GatewayStatus, slot: MemorySlot) => Partial<GatewayStatus>

function rows(change: Rows): MemoryFault {
  return {
    manager(manager) {
      const row = manager.row.bind(manager)
      manager.row = slot => ({...row(slot), ...change(row(slot), slot)})
    },
  }
}

function renders(change: (spec: GatewaySpec) => Partial<GatewaySpec>): MemoryFault {
  return {
    manager(manager) {
      manager.plan = spec => planMemory({...spec, ...change(spec)})
    },
  }
}

function rendersRestart(change: (restart: RestartPolicy) => Partial<RestartPolicy>): MemoryFault {
  return renders(({restart}) => ({restart: {...restart, ...change(restart)}}))
}

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

const LONG_WAIT_MS = 10_000
const SHORT_STOP_MS = 50
const TIRED_AFTER = 4

/** Every fault of the memory backend by name. test/mutants.ts says which sentence of the contract each one breaks. */
export const MEMORY_FAULTS = {
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
      manager.restart = async (profile, {signal} = {}) => {
        const slot = manager.slot(profile)
        return slot.process || slot.parked ? await manager.tell('again', profile, signal) : manager.row(slot)
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
      manager.stop = async (profile, {signal} = {}) => {
        const {process, wanted} = manager.slot(profile)
        if (!process && wanted === 'down') throw manager.error('HSVC_TOOL_FAILED', `${profile} is not running`)
        return await manager.tell('down', profile, signal)
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
      const {status, uninstall} = manager
      manager.uninstall = async profile => {
        gone.push(...(await status.call(manager, [profile])))
        return await uninstall.call(manager, profile)
      }
      manager.status = async profiles => [...(await status.call(manager, profiles)), ...(profiles ? [] : gone)]
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
      manager.registerProfileGateway = (_profile, {spec} = {}) =>
        Promise.resolve(manager.define(spec as GatewaySpec, 'registered'))
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
      manager.registerProfileGateway = (_profile, {spec} = {}) =>
        Promise.resolve(manager.define(spec as GatewaySpec, 'registered'))
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

  statusUnsorted: {
    manager(manager) {
      const status = manager.status.bind(manager)
      manager.status = async profiles => (await status(profiles)).reverse()
    },
  },
  allOmitsStopped: {
    manager(manager) {
      const status = manager.status.bind(manager)
      manager.status = async profiles => (await status(profiles)).filter(row => profiles || row.state !== 'stopped')
    },
  },
  showsLauncherPid: rows(({pid}) => ({pid: pid === null ? null : pid + 1_000_000})),
  losesSignals: rows(({lastExit}) => (lastExit?.signal ? {lastExit: null} : {})),
  showsLongWaitAsStopped: rows((_row, {nextStartAt}) =>
    nextStartAt && nextStartAt.getTime() > Date.now() + LONG_WAIT_MS ? {state: 'stopped'} : {},
  ),
  wantedFollowsDeath: rows((_row, {process, lastExit}) =>
    !process && lastExit?.signal === 'SIGKILL' ? {wanted: 'down'} : {},
  ),
  isRunningMeansWanted: {
    manager(manager) {
      manager.isRunning = profile => Promise.resolve(manager.slot(profile).wanted === 'up')
    },
  },
  silenceMeansEmpty: {
    manager(manager) {
      const status = manager.status.bind(manager)
      manager.status = async profiles => (manager.init.reachable ? await status(profiles) : [])
    },
  },
  logsFromTheTop: {
    manager(manager) {
      const logs = manager.logs.bind(manager)
      manager.logs = async function* (profile, options = {}) {
        if (options.follow === true) yield* logs(profile, options)
        else yield* manager.slot(profile).lines.slice(0, options.lines ?? 100)
      }
    },
  },
  followEnds: {
    manager(manager) {
      const logs = manager.logs.bind(manager)
      manager.logs = (profile, options) => logs(profile, {...options, follow: false})
    },
  },

  publishesInParts: {
    manager(manager) {
      const define = manager.define.bind(manager)
      manager.define = (spec, origin) => {
        define({...spec, env: {}}, origin)
        const slot = manager.slot(spec.profile)
        slot.definition = {...slot.definition, specHash: hashSpec(spec)}
        return define(spec, origin)
      }
    },
  },
  trustsStaging: {
    manager(manager) {
      const define = manager.define.bind(manager)
      manager.define = (spec, origin) => {
        if (manager.init.staged.has(spec.profile)) throw manager.error('HSVC_TOOL_FAILED', 'the staged name is taken')
        return define(spec, origin)
      }
    },
  },
  uninstallSparesCrashed: {
    manager(manager) {
      const uninstall = manager.uninstall.bind(manager)
      manager.uninstall = async profile =>
        manager.init.slots.get(profile)?.lastExit?.code === 9
          ? {profile, removed: [], kept: []}
          : await uninstall(profile)
    },
  },
  neverGoesBack: {
    manager(manager) {
      const seen = new Set<string>()
      const install = manager.install.bind(manager)
      manager.install = async (spec, options) => {
        const key = `${spec.profile} ${hashSpec(spec)}`
        if (seen.has(key) && manager.init.slots.has(spec.profile)) return manager.row(manager.slot(spec.profile))
        seen.add(key)
        return await install(spec, options)
      }
    },
  },
  stopSparesCrashed: {
    slot(slot) {
      const down = slot.down.bind(slot)
      slot.down = () => {
        if (slot.lastExit?.code !== 9) down()
      }
    },
  },
  abortUndoesStop: {
    manager(manager) {
      const stop = manager.stop.bind(manager)
      manager.stop = async (profile, options = {}) => {
        const slot = manager.slot(profile)
        options.signal?.addEventListener('abort', () => {
          if (slot.process) slot.wanted = 'up'
        })
        return await stop(profile, options)
      }
    },
  },

  forgetsToolSignal: {
    manager(manager) {
      const tell = manager.tell.bind(manager)
      manager.tell = (command, profile) => tell(command, profile)
    },
  },

  environmentOnCommandLine: {
    init({machine}) {
      machine.commandLine = ({env, argv}) => [...Object.entries(env).map(pair => pair.join('=')), ...argv].join(' ')
    },
  },
  statusShowsEnvironment: rows(({definition}, {spec}) => ({
    definition: `${String(definition)} ${Object.values(spec.env).join(' ')}`,
  })),
  planReadableByAll: {
    manager(manager) {
      manager.plan = spec => {
        const plan = planMemory(spec)
        return {...plan, entries: plan.entries.map(entry => ({...entry, mode: 0o644}))}
      }
    },
  },
  commandsHoldEnvironment: {
    manager(manager) {
      manager.plan = spec => ({
        ...planMemory(spec),
        commands: [{file: MEMORY_TOOL, args: ['load', ...Object.values(spec.env).sort()]}],
      })
    },
  },

  claimsForeign: {
    manager(manager) {
      const row = manager.row.bind(manager)
      manager.row = slot => ({
        ...row(slot),
        origin: slot.definition.origin === 'registered' ? 'registered' : 'installed',
      })
      manager.install = spec => Promise.resolve(manager.define(spec, 'installed'))
    },
  },
  adoptsWithoutBackup: {
    manager(manager) {
      manager.backUp = () => undefined
    },
  },
  startRewritesForeign: {
    manager(manager) {
      const start = manager.start.bind(manager)
      manager.start = async (profile, options) => {
        const slot = manager.slot(profile)
        if (slot.definition.origin === 'foreign') {
          slot.definition = {...slot.definition, contents: JSON.stringify({...slot.spec, description: profile})}
        }
        return await start(profile, options)
      }
    },
  },

  trimsArguments: renders(({argv}) => ({argv: argv.map(word => word.trim())})),
  expandsDollars: renders(({env}) => ({
    env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value.replaceAll(/\$\w+/g, '')])),
  })),
  composesPaths: renders(({cwd}) => ({cwd: cwd.normalize('NFC')})),

  planKnowsThePlace: {
    manager(manager) {
      manager.plan = spec => ({
        ...planMemory(spec),
        notes: [process.cwd(), process.env['TZ'] ?? '', Object.keys(manager.context.env).join()],
      })
    },
  },
  planWrites: {
    manager(manager) {
      manager.plan = spec => {
        mkdirSync(manager.context.paths.state, {recursive: true, mode: 0o700})
        writeFileSync(join(manager.context.paths.state, 'planned'), spec.profile)
        return planMemory(spec)
      }
    },
  },

  capabilitiesUnbounded: {
    backend: backend => ({...backend, capabilities: {...backend.capabilities, maxGateways: Infinity}}),
  },
  detectThrows: {
    backend: backend => ({
      ...backend,
      detect: context =>
        context.env['HOME'] === undefined ? Promise.reject(new TypeError('no home')) : backend.detect(context),
    }),
  },
  detectRunsTool: {
    backend: backend => ({
      ...backend,
      async detect(context) {
        await context.tools.run(MEMORY_TOOL, ['version'])
        return await backend.detect(context)
      },
    }),
  },
  kindDiffers: {
    manager(manager) {
      Object.assign(manager, {kind: 'memory2'})
    },
  },
  countsUndeclared: rows((_row, {deaths}) => ({restarts: deaths})),
  hidesTheLast: {
    manager(manager) {
      const status = manager.status.bind(manager)
      manager.status = async profiles => {
        const all = await status(profiles)
        return profiles ? all : all.slice(0, (manager.capabilities.maxGateways ?? Infinity) - 1)
      }
    },
  },
} as const satisfies Record<string, MemoryFault>

/** The name of a fault. */
export type MemoryFaultName = keyof typeof MEMORY_FAULTS

/** The names of all faults. */
export const MEMORY_FAULT_NAMES = Object.keys(MEMORY_FAULTS) as MemoryFaultName[]
