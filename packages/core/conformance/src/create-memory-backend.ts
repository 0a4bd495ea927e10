import {type Capabilities, serviceError, type ToolRunner} from '@hermes-svc/core'
import type {ConformanceOptions, ForeignGateway, KilledInstall} from './conformance-options.js'
import {MEMORY_CAPABILITIES, MEMORY_TOOL, memoryBackend, MemoryServiceManager} from './memory-backend.js'
import type {MemoryFault} from './memory-fault.js'
import {MEMORY_FAULTS, type MemoryFaultName} from './memory-faults.js'
import {MemoryInit} from './memory-init.js'
import {MemoryMachine} from './memory-machine.js'

/** Which faults a memory backend has. */
export type MemoryFaults = Readonly<Partial<Record<MemoryFaultName, boolean>>>

/** The memory backend with everything that the suite can use of it: spread it into the options of `conformance`. */
export type MemorySubject = Omit<ConformanceOptions, 'test'>

function memoryTools(init: MemoryInit): ToolRunner {
  return {
    run(file, [command, profile = '']) {
      const slot = init.slots.get(profile)
      if (file !== MEMORY_TOOL)
        return Promise.reject(serviceError('HSVC_TOOL_MISSING', `there is no ${file} in memory`))
      if (command === 'version') return Promise.resolve({exitCode: 0, stdout: '1', stderr: ''})
      if (!init.reachable) return Promise.reject(serviceError('HSVC_BACKEND_UNAVAILABLE', `${MEMORY_TOOL}: no answer`))
      if (!slot) return Promise.reject(serviceError('HSVC_NOT_FOUND', `${MEMORY_TOOL}: no gateway ${profile}`))
      if (command === 'up') slot.up()
      else if (command === 'down') slot.down()
      else slot.again()
      return Promise.resolve({exitCode: 0, stdout: '', stderr: ''})
    },
    lines: () => {
      throw serviceError('HSVC_TOOL_MISSING', 'no tool prints lines in memory')
    },
  }
}

function makeForeign(init: MemoryInit, profile: string, argv: readonly string[]): ForeignGateway {
  const marker = `made elsewhere ${profile}`
  const restart = {
    delayMs: 1,
    maxDelayMs: 1,
    windowMs: 1000,
    giveUpAfter: null,
    fatalExitCodes: [],
    cleanExitCodes: [0],
  }
  const spec = {
    profile,
    description: marker,
    argv,
    env: {},
    cwd: '/',
    port: null,
    scope: 'user',
    autostart: false,
    restart,
  }
  const contents = JSON.stringify({...spec, stopTimeoutMs: 100})
  init.stage(profile, {origin: 'foreign', contents, specHash: ''})
  init.publish(profile)
  return {
    marker,
    untouched: () => Promise.resolve(init.slots.get(profile)?.definition.contents === contents),
    remove() {
      init.remove(profile)
      return Promise.resolve()
    },
  }
}

async function killInstall(init: MemoryInit, {manager, spec, step}: KilledInstall): Promise<boolean> {
  init.stepsLeft = step
  try {
    await manager.install(spec, {start: false})
    return false
  } catch (error) {
    if ((error as Error).message !== 'killed') throw error
    return true
  } finally {
    init.stepsLeft = Infinity
  }
}

/**
 * A machine of its own in memory: operating system, init system and backend, with the faults asked for and with some
 * capabilities changed.
 */
export function createMemoryBackend(
  faults: MemoryFaults = {},
  capabilities: Partial<Capabilities> = {},
): MemorySubject {
  const chosen: MemoryFault[] = Object.entries(MEMORY_FAULTS).flatMap(([name, fault]) =>
    faults[name as MemoryFaultName] === true ? [fault] : [],
  )
  const can = {...MEMORY_CAPABILITIES, ...capabilities}
  const init = new MemoryInit(new MemoryMachine())
  init.startsAtBoot = can.autostart
  for (const fault of chosen) fault.init?.(init)
  const publish = init.publish.bind(init)
  init.publish = profile => {
    const isNew = !init.slots.has(profile)
    const slot = publish(profile)
    if (isNew) for (const fault of chosen) fault.slot?.(slot)
    return slot
  }
  const plain = memoryBackend(init, can)
  const create: typeof plain.create = context => {
    const manager = new MemoryServiceManager(init, context, can)
    for (const fault of chosen) fault.manager?.(manager)
    return manager
  }
  return {
    backend: chosen.reduce((backend, fault) => fault.backend?.(backend) ?? backend, {...plain, create}),
    context: {tools: memoryTools(init)},
    samples: init.machine,
    reboot() {
      init.reboot()
      return Promise.resolve()
    },
    foreign: (profile, argv) => Promise.resolve(makeForeign(init, profile, argv)),
    silence() {
      init.reachable = false
      return Promise.resolve(() => {
        init.reachable = true
        return Promise.resolve()
      })
    },
    killInstall: install => killInstall(init, install),
    runsTools: true,
    timing: {
      settleMs: 10,
      doomedSettleMs: 10,
      stopTimeoutMs: 30,
      restartDelayMs: 5,
      quietMs: 60,
      shortVerbMs: 200,
      deadlineMs: 5000,
    },
  }
}
