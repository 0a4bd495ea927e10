import {type BackendContext, findWriter, isServiceError, type Writer} from '@hermes-svc/core'
import {managerAddresses, probeSocket, type SocketState} from './manager-address.js'
import type {ScopeFacts, SystemdFacts, UnitScope} from './systemd-facts.js'
import {SystemdScope} from './systemd-scope.js'
import {parseSettings, type SystemdSettings} from './systemd-settings.js'

/** Where journald takes the output of services (systemd-journald.service). */
const JOURNAL_SOCKET = '/run/systemd/journal/stdout'

/** Whether the system's manager is the caller's own: root's, unless there is none and root has one of the user kind. */
async function isSystemCaller({caller, env}: BackendContext): Promise<boolean> {
  if (caller.uid !== 0) return false
  const states = async (scope: UnitScope): Promise<SocketState[]> => {
    // A message bus alone proves no manager.
    const own = managerAddresses(scope, env, 0).filter(({direct}) => direct)
    return await Promise.all(own.map(({socket}) => probeSocket(socket)))
  }
  const isThere = (state: SocketState): boolean => state !== 'none'
  return (await states('system')).some(isThere) || !(await states('user')).some(isThere)
}

/** The systemd of this machine: its two managers, and whose rights we work there with. */
export class SystemdMachine {
  readonly settings: SystemdSettings
  /** Of the profile root: whose gateways these are, and whose user manager is meant. */
  readonly home: Writer
  readonly #context: BackendContext
  readonly #scopes: Readonly<Record<UnitScope, SystemdScope>>
  #first: Promise<UnitScope> | null = null

  /** Throws HSVC_CONFIG_INVALID, and the system error where the profile root cannot be looked at. */
  constructor(context: BackendContext) {
    this.#context = context
    this.settings = parseSettings(context)
    const {caller, paths} = context
    this.home = findWriter(caller, paths.root)
    const own = {
      uid: caller.uid ?? -1,
      gid: caller.gid ?? -1,
      name: null,
      borrowed: false,
      run: <T>(work: () => T) => work(),
    }
    this.#scopes = {
      user: new SystemdScope('user', context, this.home),
      system: new SystemdScope('system', context, own),
    }
  }

  scope(scope: UnitScope): SystemdScope {
    return this.#scopes[scope]
  }

  /** The scopes, the caller's own first: its manager has to answer, the other one only where it has something of ours. */
  async scopes(): Promise<[SystemdScope, SystemdScope]> {
    this.#first ??= isSystemCaller(this.#context).then(isSystem => (isSystem ? 'system' : 'user'))
    const {user, system} = this.#scopes
    return (await this.#first) === 'system' ? [system, user] : [user, system]
  }

  /** What planning has to know. Rejects HSVC_BACKEND_UNAVAILABLE where no manager can be asked. */
  async facts(): Promise<SystemdFacts> {
    const {caller, paths} = this.#context
    const {root, gateways, logs} = paths
    return {
      version: await this.#version(),
      uid: caller.uid ?? -1,
      root,
      gateways,
      logs,
      journal: (await probeSocket(JOURNAL_SOCKET)) === 'alive',
      user: await this.#factsOf('user'),
      system: await this.#factsOf('system'),
    }
  }

  /** Of either manager: they are of one package. */
  async #version(): Promise<number> {
    const [first, second] = await this.scopes()
    return await first.version().catch(async (error: unknown) => {
      try {
        return await second.version()
      } catch {
        throw error
      }
    })
  }

  async #factsOf(name: UnitScope): Promise<ScopeFacts> {
    const scope = this.#scopes[name]
    const account = name === 'user' ? scope.writer.name : 'root'
    try {
      return {unitDirectory: await scope.unitDirectory(), account, unreachable: null}
    } catch (error) {
      if (!isServiceError(error)) throw error
      const unreachable = {reason: error.message, hint: error.hint ?? 'hermes-svc backend detect'}
      return {unitDirectory: scope.usualUnitDirectory(), account, unreachable}
    }
  }
}
