import {type BackendContext, findWriter, type Writer} from '@hermes-svc/core'
import type {JobDefinition} from './job-definitions.js'
import {logDirectory, type MachinePlaces} from './job-paths.js'
import {Launchctl} from './launchctl.js'
import type {JobScope, LaunchdFacts} from './launchd-facts.js'
import {LaunchdScope} from './launchd-scope.js'
import {type LaunchdSettings, parseSettings} from './launchd-settings.js'

/** The launchd of this machine: its two scopes, and whose rights we work there with. */
export class LaunchdMachine {
  readonly settings: LaunchdSettings
  readonly launchctl: Launchctl
  /** Of the profile root: whose gateways these are, and whose agents are meant. */
  readonly home: Writer
  readonly places: MachinePlaces
  readonly #context: BackendContext
  readonly #scopes: Readonly<Record<JobScope, LaunchdScope>>

  /** Throws HSVC_CONFIG_INVALID, and the system error where the profile root cannot be looked at. */
  constructor(context: BackendContext, places: MachinePlaces) {
    this.#context = context
    this.places = places
    this.settings = parseSettings(context)
    const {caller, paths} = context
    this.launchctl = new Launchctl(context, this.settings.launchctl)
    this.home = findWriter(caller, paths.root)
    const own: Writer = {
      uid: caller.uid ?? -1,
      gid: caller.gid ?? -1,
      name: null,
      borrowed: false,
      run: work => work(),
    }
    this.#scopes = {
      user: new LaunchdScope('user', context, this.launchctl, this.home, places),
      system: new LaunchdScope('system', context, this.launchctl, own, places),
    }
  }

  scope(scope: JobScope): LaunchdScope {
    return this.#scopes[scope]
  }

  /** The scopes, the caller's own first: root's is the machine. */
  get scopes(): readonly [LaunchdScope, LaunchdScope] {
    const {user, system} = this.#scopes
    return this.#context.caller.uid === 0 ? [system, user] : [user, system]
  }

  /** Where the log of a gateway goes. */
  logDirectory({scope, profile}: Pick<JobDefinition, 'scope' | 'profile'>): string {
    return logDirectory(scope, {logs: this.#context.paths.logs, systemLogs: this.places.logs}, profile)
  }

  /** What planning has to know. */
  async facts(signal?: AbortSignal): Promise<LaunchdFacts> {
    const {caller, paths} = this.#context
    const {root, gateways, logs} = paths
    const [user, system] = await Promise.all([this.#scopes.user.facts(signal), this.#scopes.system.facts(signal)])
    return {
      uid: caller.uid ?? -1,
      launchctl: this.settings.launchctl,
      root,
      gateways,
      logs,
      support: this.places.support,
      systemLogs: this.places.logs,
      user,
      system,
    }
  }
}
