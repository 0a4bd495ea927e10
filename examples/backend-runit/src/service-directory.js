/** @import {PlanEntry} from '@hermes-svc/core' */
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {DEFINITION_PREFIX, SERVICE_PREFIX} from './plan-service.js'

const PROFILE = /^[a-z0-9][a-z0-9_-]*$/

/**
 * @param {PlanEntry} entry
 * @param {string} path
 */
function make({kind, mode, contents}, path) {
  if (kind === 'directory') mkdirSync(path, {recursive: true, mode})
  else if (kind === 'symlink') symlinkSync(Buffer.from(contents ?? []).toString(), path)
  else writeFileSync(path, contents ?? '', {mode, flush: true})
}

/**
 * Puts an entry in the place of what stands there, whole or not at all: runsv may start the service at any moment.
 *
 * @param {PlanEntry} entry
 */
function put(entry) {
  const {kind, path} = entry
  if (kind === 'directory') {
    make(entry, path)
    return
  }
  rmSync(`${path}.new`, {force: true})
  make(entry, `${path}.new`)
  renameSync(`${path}.new`, path)
}

/**
 * The target of a link; null where there is none.
 *
 * @param {string} path
 */
function linkTarget(path) {
  return lstatSync(path, {throwIfNoEntry: false})?.isSymbolicLink() === true ? readlinkSync(path) : null
}

/** The services on disk, in the directory that runsvdir watches. Nothing here talks to runit. */
export class ServiceDirectory {
  /** @param {string} path */
  constructor(path) {
    this.path = path
  }

  /** @param {string} profile */
  service(profile) {
    return join(this.path, `${SERVICE_PREFIX}${profile}`)
  }

  /**
   * Where a service is taken apart. runsvdir passes over names that begin with a dot.
   *
   * @param {string} profile
   */
  retired(profile) {
    return join(this.path, `.${SERVICE_PREFIX}${profile}.old`)
  }

  /** Profiles that have a service, sorted. Throws the system error where it cannot look. */
  profiles() {
    return readdirSync(this.path)
      .filter(name => name.startsWith(SERVICE_PREFIX))
      .filter(name => statSync(join(this.path, name), {throwIfNoEntry: false})?.isDirectory() === true)
      .map(name => name.slice(SERVICE_PREFIX.length))
      .filter(profile => PROFILE.test(profile))
      .sort()
  }

  /** @param {string} path */
  isThere(path) {
    return lstatSync(path, {throwIfNoEntry: false}) !== undefined
  }

  /**
   * Makes a service that was not there: under a name that runsvdir passes over, then visible at once.
   *
   * @param {string} profile
   * @param {readonly PlanEntry[]} entries
   */
  publish(profile, entries) {
    const service = this.service(profile)
    const staged = join(this.path, `.${SERVICE_PREFIX}${profile}.new`)
    // What a killed run left.
    rmSync(staged, {recursive: true, force: true})
    for (const entry of entries) make(entry, join(staged, entry.path.slice(service.length)))
    renameSync(staged, service)
  }

  /**
   * Puts another definition in force, down or up as the service is; what runs goes on as it was started.
   *
   * @param {string} profile
   * @param {readonly PlanEntry[]} entries
   */
  replace(profile, entries) {
    for (const entry of entries) if (entry.path !== this.#down(profile)) put(entry)
    this.removeOld(profile, 'running')
  }

  /**
   * Removes definitions that are not in force, with the environment values in them; `kept` is a link to one that stays.
   *
   * @param {string} profile
   * @param {string} [kept]
   */
  removeOld(profile, kept = 'current') {
    const service = this.service(profile)
    const inUse = ['current', kept].map(name => linkTarget(join(service, name)))
    const old = readdirSync(service).filter(name => name.startsWith(DEFINITION_PREFIX) && !inUse.includes(name))
    for (const name of old) rmSync(join(service, name), {recursive: true})
  }

  /**
   * Hides a service from runsvdir.
   *
   * @param {string} profile
   */
  retire(profile) {
    renameSync(this.service(profile), this.retired(profile))
  }

  /** @param {string} path */
  remove(path) {
    rmSync(path, {recursive: true, force: true})
  }

  /**
   * Says whether the service stays down when runsv starts, as it does after a boot.
   *
   * @param {string} profile
   * @param {boolean} isDown
   */
  setDown(profile, isDown) {
    if (isDown) writeFileSync(this.#down(profile), '', {mode: 0o600})
    else rmSync(this.#down(profile), {force: true})
  }

  /**
   * Forgets why ./finish left the gateway down, and how often it failed in a row.
   *
   * @param {string} profile
   */
  forgive(profile) {
    for (const note of ['parked', 'backoff']) rmSync(join(this.service(profile), note), {force: true})
  }

  /**
   * Tells ./finish that the next death was asked for and is to be followed by a start.
   *
   * @param {string} profile
   */
  announceRestart(profile) {
    writeFileSync(join(this.service(profile), 'restart'), '', {mode: 0o600})
  }

  /** @param {string} profile */
  #down(profile) {
    return join(this.service(profile), 'down')
  }
}
