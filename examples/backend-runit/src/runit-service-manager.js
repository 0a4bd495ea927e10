/** @import {BackendContext, GatewaySpec, ServiceManager} from '@hermes-svc/core' */
/** @import {RunitFacts} from './plan-service.js' */
/** @import {Observation} from './service-observation.js' */
import {existsSync} from 'node:fs'
import {userInfo} from 'node:os'
import {join} from 'node:path'
import {findPlace} from './detect.js'
import {backUpForeign} from './foreign-backup.js'
import {gatewayStatusOf} from './gateway-status.js'
import {readLog} from './log-file.js'
import {planService, SERVICE_PREFIX} from './plan-service.js'
import {endSleep, tell} from './runit-tools.js'
import {ServiceDirectory} from './service-directory.js'
import {observeService, UNREADABLE} from './service-observation.js'
import {ServiceSupervision} from './service-supervision.js'

/** The name of this backend in `--backend`, in JSON and in the configuration. */
export const KIND = 'runit'

/**
 * Keeps each gateway as a service in the directory that runsvdir watches. The guard of the host validates, locks, and waits
 * for what these verbs began.
 *
 * @implements {ServiceManager}
 */
export class RunitServiceManager {
  kind = KIND
  #context
  #place
  #services
  #supervision

  /**
   * Throws HSVC_CONFIG_INVALID.
   *
   * @param {BackendContext} context
   */
  constructor(context) {
    this.#context = context
    this.#place = findPlace(context)
    this.#services = new ServiceDirectory(this.#place.directory)
    this.#supervision = new ServiceSupervision(context, this.#place.directory)
  }

  /** @type {ServiceManager['start']} */
  async start(profile, {signal} = {}) {
    const {about, status, backoff} = await this.#supervised(profile, signal)
    const service = this.#services.service(profile)
    if (about === null) tell(service, 'u')
    else {
      // It is on its way down: that death is no failure.
      if (status !== null && status.phase !== 'down' && !status.isWantedUp) this.#services.announceRestart(profile)
      if (backoff !== null) endSleep(backoff.pid)
      this.#services.forgive(profile)
      if (status?.phase === 'down') this.#services.removeOld(profile)
      if (about.autostart) this.#services.setDown(profile, false)
      await this.#supervision.want(service, profile, true, signal)
    }
    return await this.#row(profile)
  }

  /** @type {ServiceManager['stop']} */
  async stop(profile, {signal} = {}) {
    const seen = this.#known(profile)
    const {about, isSupervised} = seen
    const service = this.#services.service(profile)
    this.#assertNoStray(profile, seen)
    if (about === null) {
      await this.#supervised(profile, signal)
      tell(service, 'd')
    } else {
      this.#services.setDown(profile, true)
      if (isSupervised) await this.#supervision.want(service, profile, false, signal)
      this.#services.forgive(profile)
    }
    return await this.#row(profile)
  }

  /** @type {ServiceManager['restart']} */
  async restart(profile, options = {}) {
    const {about, status} = await this.#supervised(profile, options.signal)
    if (status?.phase !== 'run') return await this.start(profile, options)
    if (about !== null) this.#services.announceRestart(profile)
    if (about?.autostart === true) this.#services.setDown(profile, false)
    // In one write, so that no kill of this program can leave it down.
    tell(this.#services.service(profile), 'ut')
    return await this.#row(profile)
  }

  /** @type {ServiceManager['isRunning']} */
  async isRunning(profile) {
    const [row] = await this.status([profile])
    return row?.state === 'running'
  }

  /** @type {ServiceManager['status']} */
  async status(profiles) {
    if (!this.#services.isThere(this.#services.path))
      throw this.#context.error('HSVC_BACKEND_UNAVAILABLE', `expected the directory ${this.#services.path}, got none`, {
        hint: 'Start runsvdir, or correct backends.runit.directory.',
      })
    const names = profiles === undefined ? this.#services.profiles() : [...new Set(profiles)].sort()
    const rows = []
    for (const profile of names) {
      const seen = await this.#lookAt(profile)
      if (seen !== null) rows.push(this.#rowOf(profile, seen))
    }
    return rows
  }

  /** @type {ServiceManager['logs']} */
  logs(profile, options = {}) {
    const {clock, paths} = this.#context
    return readLog({profile, directory: join(paths.logs, profile), clock}, options)
  }

  /** @type {ServiceManager['facts']} */
  facts() {
    return Promise.resolve(this.#facts())
  }

  /**
   * @param {GatewaySpec} spec
   * @param {RunitFacts} facts
   */
  plan(spec, facts) {
    return planService(spec, facts, this.#context)
  }

  /** @type {ServiceManager['install']} */
  async install(spec, {adopt = false, signal} = {}) {
    const {profile} = spec
    const {entries} = this.plan(spec, this.#facts())
    this.#assertOwner()
    const seen = this.#observe(profile)
    if (seen?.about === null && !adopt) throw this.#foreign(profile)
    await this.#clear(profile, signal)
    if (seen?.about) {
      this.#services.replace(profile, entries)
      // The logger takes up its new settings; what the gateway prints meanwhile waits in the pipe.
      tell(join(this.#services.service(profile), 'log'), 't')
    } else {
      if (seen !== null) await this.#makeRoom(profile, seen, signal)
      this.#services.publish(profile, entries)
    }
    return await this.#row(profile)
  }

  /** @type {ServiceManager['uninstall']} */
  async uninstall(profile, {signal} = {}) {
    const seen = this.#observe(profile)
    if (seen?.about === null) throw this.#foreign(profile)
    await this.#clear(profile, signal)
    if (seen === null) return {profile, removed: [], kept: []}
    this.#assertOwner()
    await this.#remove(profile, seen, signal)
    const kept = [join(this.#context.paths.logs, profile), this.#backups(profile)]
    return {profile, removed: [this.#services.service(profile)], kept: kept.filter(path => existsSync(path))}
  }

  supportsRuntimeRegistration() {
    return false
  }

  registerProfileGateway() {
    return Promise.reject(this.#unsupported())
  }

  unregisterProfileGateway() {
    return Promise.reject(this.#unsupported())
  }

  /** @type {ServiceManager['listProfileGateways']} */
  listProfileGateways() {
    return Promise.resolve([])
  }

  /** @returns {RunitFacts} */
  #facts() {
    const {directory, scope, startsAtBoot} = this.#place
    const {caller, paths} = this.#context
    return {directory, scope, startsAtBoot, logs: paths.logs, caller: {uid: caller.uid, name: accountName()}}
  }

  /**
   * Takes somebody else's service away, and keeps a copy.
   *
   * @param {string} profile
   * @param {Observation} seen
   * @param {AbortSignal} [signal]
   */
  async #makeRoom(profile, seen, signal) {
    const backup = backUpForeign(this.#services.service(profile), this.#backups(profile), this.#context)
    this.#context.logger.warn(`${profile}: the service that was there is kept in ${backup}`)
    await this.#remove(profile, seen, signal)
  }

  /**
   * In this order: out of runsvdir's sight, so that it starts no other runsv; then that ends, with the gateway and the log;
   * then the files go. Whoever is killed on the way leaves a hidden service, which the next one ends.
   *
   * @param {string} profile
   * @param {Observation} seen
   * @param {AbortSignal} [signal]
   */
  async #remove(profile, seen, signal) {
    this.#assertNoStray(profile, seen)
    this.#services.retire(profile)
    await this.#clear(profile, signal)
  }

  /**
   * Ends and removes what was taken out of sight.
   *
   * @param {string} profile
   * @param {AbortSignal} [signal]
   */
  async #clear(profile, signal) {
    const retired = this.#services.retired(profile)
    if (!this.#services.isThere(retired)) return
    await this.#supervision.end(retired, profile, signal)
    this.#services.remove(retired)
  }

  /**
   * A service whose runsv is there to be told, which it is only some time after runsvdir saw it.
   *
   * @param {string} profile
   * @param {AbortSignal} [signal]
   */
  async #supervised(profile, signal) {
    this.#assertNoStray(profile, this.#known(profile))
    await this.#supervision.untilSupervised(this.#services.service(profile), signal)
    return this.#known(profile)
  }

  /** @param {string} profile */
  #observe(profile) {
    return observeService(this.#services.service(profile), profile)
  }

  /** @param {string} profile */
  #known(profile) {
    const seen = this.#observe(profile)
    if (seen !== null) return seen
    throw this.#context.error('HSVC_NOT_FOUND', `there is no gateway ${profile} in ${this.#services.path}`, {
      hint: `hermes-svc gateway install ${profile}`,
    })
  }

  /** @param {string} profile */
  async #lookAt(profile) {
    try {
      return await this.#supervision.observe(this.#services.service(profile), profile)
    } catch (error) {
      const {code, message} = /** @type {NodeJS.ErrnoException} */ (error)
      if (code !== 'EACCES' && code !== 'EPERM') throw error
      // One of many must not hide the others.
      this.#context.logger.incomplete(`${profile}: ${message}`)
      return UNREADABLE
    }
  }

  /** @param {string} profile */
  async #row(profile) {
    const [row] = await this.status([profile])
    return row ?? this.#rowOf(profile, this.#known(profile))
  }

  /**
   * @param {string} profile
   * @param {Observation} seen
   */
  #rowOf(profile, seen) {
    const {clock, paths} = this.#context
    const {scope, startsAtBoot} = this.#place
    const definition = this.#services.service(profile)
    const service = `${SERVICE_PREFIX}${profile}`
    const logs = join(paths.logs, profile)
    return gatewayStatusOf({kind: KIND, profile, scope, service, definition, logs, startsAtBoot}, seen, clock.now())
  }

  /** @param {string} profile */
  #backups(profile) {
    return join(this.#context.paths.gateways, profile, KIND)
  }

  #assertOwner() {
    const {directory, ownerUid} = this.#place
    const {uid} = this.#context.caller
    if (ownerUid === null || ownerUid === uid) return
    throw this.#context.error(
      'HSVC_PERMISSION_DENIED',
      `expected ${directory} to belong to uid ${String(uid)}, which asks, got uid ${String(ownerUid)}`,
      {hint: 'Run it as that account, or name a directory of your own as backends.runit.directory.'},
    )
  }

  /**
   * @param {string} profile
   * @param {Observation} seen
   */
  #assertNoStray(profile, {stray}) {
    if (stray === null) return
    throw this.#context.error('HSVC_NOT_SUPERVISED', `process ${String(stray)} of ${profile} outlived its runsv`, {
      state: 'unknown',
      hint: `Start runsvdir ${this.#services.path}, which ends it and starts it anew.`,
    })
  }

  /** @param {string} profile */
  #foreign(profile) {
    const message = `${this.#services.service(profile)} was made by somebody else`
    return this.#context.error('HSVC_ALREADY_EXISTS', message, {profile})
  }

  #unsupported() {
    return this.#context.error('HSVC_UNSUPPORTED', 'runit has no services that live until the next boot only', {
      hint: 'hermes-svc gateway install works here',
    })
  }
}

/** The name of the account that asks; null where it has none. */
function accountName() {
  try {
    return userInfo().username
  } catch {
    return null
  }
}
