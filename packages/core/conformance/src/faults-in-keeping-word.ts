import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {hashSpec} from '@hermes-svc/core'
import {MEMORY_TOOL, planMemory} from './memory-backend.js'
import {type MemoryFault, renders, rows} from './memory-fault.js'

const LONG_WAIT_MS = 10_000

/** Faults in what is told and promised: observation, atomicity, time, secrets, foreign definitions, values, plans, capabilities. */
export const FAULTS_IN_KEEPING_WORD = {
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
      manager.logs = async function* (profile, options) {
        if (options?.follow === true) yield* logs(profile, options)
        else yield* manager.slot(profile).lines.slice(0, options?.lines ?? 100)
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
      manager.stop = async (profile, options) => {
        const slot = manager.slot(profile)
        options?.signal?.addEventListener('abort', () => {
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
