import {existsSync, mkdirSync, readFileSync, rmSync} from 'node:fs'
import {basename, dirname, extname, join} from 'node:path'
import {type BackendContext, profileHome, publishFile} from '@hermes-svc/core'
import {EXTENSIONS, type ForeignGateway, SCRIPTS} from './foreign-gateways.js'
import {endForeignProcess} from './foreign-process.js'
import {APPEARS_MS, RUNS} from './gateway-control.js'
import {replacedDirectory} from './gateway-files.js'
import {encodeTask} from './task-xml.js'
import type {WindowsMachine} from './windows-machine.js'

/** How long a gateway of Hermes, told that it is stopped, takes to finish what it is at. Milliseconds. */
const DRAIN_MS = 30_000
const POLL_MS = 100

/** Starts and stops what Hermes installed itself, and takes it over; nothing of it is ever rewritten. */
export class ForeignControl {
  readonly #context: BackendContext
  readonly #machine: WindowsMachine
  readonly #pid: (profile: string) => number | null

  constructor(context: BackendContext, machine: WindowsMachine, pid: (profile: string) => number | null) {
    this.#context = context
    this.#machine = machine
    this.#pid = pid
  }

  async start(gateway: ForeignGateway, signal?: AbortSignal): Promise<void> {
    const {profile, name, isTask, entries, pid} = gateway
    if (pid !== null) return
    const {schtasks, scriptHost} = this.#machine
    if (isTask) {
      await schtasks.enable(name, signal)
      if (await this.#runTask(gateway, signal)) return
      this.#context.logger.warn(`${profile}: ${name} does not run now, so what it runs was started in this session`)
    }
    const scripts = isTask ? this.#scripts(gateway) : entries
    const script = scripts.find(each => extname(each) !== '.cmd')
    if (script === undefined) {
      const message = `${profile}: expected a script that can be run without a window, got ${scripts.join(', ') || 'none'}`
      throw this.#context.error('HSVC_UNSUPPORTED', message, {
        hint: `hermes-svc gateway install ${profile} --adopt takes it over`,
      })
    }
    await this.#context.tools.run(scriptHost, ['//B', '//Nologo', script], signal ? {signal} : {})
  }

  async stop(gateway: ForeignGateway, signal?: AbortSignal): Promise<void> {
    const {profile, name, isTask, entries} = gateway
    const {schtasks} = this.#machine
    if (isTask) {
      await schtasks.disable(name, signal)
      await schtasks.end(name, signal)
    }
    if (entries.length > 0)
      this.#context.logger.warn(
        `${profile}: ${entries.join(', ')} starts it again at the next logon; --adopt takes it over`,
      )
    await this.#end(gateway, signal)
  }

  async restart(gateway: ForeignGateway, signal?: AbortSignal): Promise<void> {
    await this.#end(gateway, signal)
    await this.start({...gateway, pid: null}, signal)
  }

  /** Ends it and takes its definition away, with copies kept beside the record. */
  async takeOver(gateway: ForeignGateway, signal?: AbortSignal): Promise<void> {
    const {profile, name, xml, isTask, entries} = gateway
    const {schtasks} = this.#machine
    const copies = entries.map(path => this.#backUp(profile, basename(path), readFileSync(path)))
    if (xml !== null) copies.push(this.#backUp(profile, `${name}.xml`, withDeclaration(xml)))
    if (isTask) {
      await schtasks.disable(name, signal)
      await schtasks.end(name, signal)
    }
    await this.#end(gateway, signal)
    if (isTask) await schtasks.remove(name, signal)
    for (const path of entries) rmSync(path, {force: true})
    this.#context.logger.warn(
      `${profile}: the ${name} that was there, made by somebody else, is kept in ${copies.join(', ')}`,
    )
  }

  /** The same for a task of our name that is not ours. */
  async takeOverTask(profile: string, name: string, signal?: AbortSignal): Promise<void> {
    const found = await this.#machine.schtasks.read(name, signal)
    const xml = typeof found === 'string' ? null : found.xml
    await this.takeOver({profile, name, xml, isTask: true, isEnabled: true, entries: [], pid: null}, signal)
  }

  /** Whether something came of it. A task that did run is not asked twice: Hermes takes its time to write down who it is. */
  async #runTask({profile, name}: ForeignGateway, signal?: AbortSignal): Promise<boolean> {
    const {clock} = this.#context
    const {schtasks} = this.#machine
    const before = await schtasks.lastRun(name, signal)
    const hasRun = async (): Promise<boolean> => before === null || (await schtasks.lastRun(name, signal)) !== before
    for (let time = 0; time < RUNS; time += 1) {
      await schtasks.run(name, signal)
      if (await hasRun()) return true
      const deadline = clock.monotonic() + APPEARS_MS
      while (this.#pid(profile) === null && clock.monotonic() < deadline) await clock.sleep(POLL_MS, signal)
      if (this.#pid(profile) !== null || (await hasRun())) return true
    }
    return false
  }

  #scripts({profile, name}: ForeignGateway): string[] {
    const directory = join(profileHome(this.#context.paths.root, profile), SCRIPTS)
    return EXTENSIONS.map(end => join(directory, `${name}${end}`)).filter(existsSync)
  }

  async #end({profile, pid}: ForeignGateway, signal?: AbortSignal): Promise<void> {
    if (pid === null) return
    const {clock} = this.#context
    const deadline = clock.monotonic() + DRAIN_MS
    while (this.#pid(profile) === pid && clock.monotonic() < deadline) await clock.sleep(POLL_MS, signal)
    if (this.#pid(profile) !== pid) return
    if (await endForeignProcess(pid, join(profileHome(this.#context.paths.root, profile), 'gateway.pid'))) return
    throw this.#context.error(
      'HSVC_TOOL_FAILED',
      `${profile}: expected process ${String(pid)} to end, got one that goes on`,
      {
        hint: 'hermes gateway stop',
      },
    )
  }

  #backUp(profile: string, name: string, contents: Uint8Array): string {
    const stamp = new Date(this.#context.clock.now()).toISOString().replaceAll(/[^\dTZ]/g, '')
    const path = join(replacedDirectory(this.#context.paths, profile), stamp, name)
    this.#machine.writer.run(() => {
      mkdirSync(dirname(path), {recursive: true, mode: 0o700})
      publishFile(path, contents)
    })
    return path
  }
}

/** As `schtasks /Create /XML` takes it, so that it can be put back. */
function withDeclaration(xml: string): Buffer {
  return encodeTask(`<?xml version="1.0" encoding="UTF-16"?>\r\n${xml}`)
}
