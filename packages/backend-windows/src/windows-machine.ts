import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {type BackendContext, findWriter, isServiceError, type Writer} from '@hermes-svc/core'
import type {ScriptEngine} from './launcher.js'
import {Schtasks} from './schtasks.js'
import type {WindowsFacts} from './windows-facts.js'
import {accountName, startupFolder, systemDirectory} from './windows-places.js'
import {parseSettings, type WindowsSettings} from './windows-settings.js'

/** What is at the end of `"domain\name","S-1-5-…"`, whatever the name holds. */
const SID = /"(S-1-[\d-]+)"\s*$/

/** The Windows of this machine: its programs and places, and who we are there. */
export class WindowsMachine {
  readonly settings: WindowsSettings
  readonly schtasks: Schtasks
  /** The Startup folder; null where the account has none that is known. */
  readonly startup: string | null
  readonly scriptHost: string
  readonly writer: Writer
  readonly #context: BackendContext
  readonly #system: string

  /** Throws HSVC_CONFIG_INVALID. */
  constructor(context: BackendContext) {
    this.#context = context
    this.settings = parseSettings(context)
    this.#system = systemDirectory(context.env)
    this.startup = startupFolder(context)
    this.scriptHost = join(this.#system, 'wscript.exe')
    this.writer = findWriter(context.caller, context.paths.root)
    const file = this.settings.schtasks ?? join(this.#system, 'schtasks.exe')
    this.schtasks = new Schtasks(context, file, this.#system)
  }

  /** VBScript as long as this Windows has it: a `.js` in the Startup folder may belong to an editor. */
  get engine(): ScriptEngine {
    return existsSync(join(this.#system, 'vbscript.dll')) ? 'vbscript' : 'jscript'
  }

  /** What planning has to know. Rejects HSVC_BACKEND_UNAVAILABLE where it cannot be told who we are. */
  async facts(signal?: AbortSignal): Promise<WindowsFacts> {
    const {root, gateways, logs, state} = this.#context.paths
    return {
      userId: await this.#userId(signal),
      root,
      gateways,
      logs,
      state,
      schtasks: this.schtasks.file,
      scriptHost: this.scriptHost,
      engine: this.engine,
      starter: this.settings.starter,
      startup: this.startup,
    }
  }

  /** A name may be one that no domain knows, or be written in another way tomorrow; a SID is the account. */
  async #userId(signal?: AbortSignal): Promise<string> {
    const userId = (await this.#sid(signal)) ?? accountName(this.#context.env)
    if (userId !== null) return userId
    throw this.#context.error('HSVC_BACKEND_UNAVAILABLE', 'expected whoami /user to tell the account, got nothing', {
      hint: 'set USERNAME, or run it in a session of the account',
    })
  }

  async #sid(signal?: AbortSignal): Promise<string | null> {
    const args = ['/user', '/fo', 'csv', '/nh']
    try {
      const {stdout} = await this.#context.tools.run(join(this.#system, 'whoami.exe'), args, signal ? {signal} : {})
      return SID.exec(stdout)?.[1] ?? null
    } catch (error) {
      if (isServiceError(error) && (error.code === 'HSVC_TOOL_MISSING' || error.code === 'HSVC_TOOL_FAILED'))
        return null
      throw error
    }
  }
}
