import {lstatSync, readdirSync, readlinkSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {invalidProfileReason, profileOfHome, readRegularFile} from '@hermes-svc/core'
import type {UnitScope} from './systemd-facts.js'
import {parseHermesHome, parseUnitMarker, type UnitMarker} from './unit-file.js'
import {parseUnitName} from './unit-paths.js'

/** A unit file that defines a gateway of the profile root. */
export interface UnitDefinition {
  readonly profile: string
  readonly scope: UnitScope
  /** Name of the unit: `hermes-svc-coder.service`. */
  readonly unit: string
  readonly path: string
  /** What our own units say of themselves; null: somebody else's. */
  readonly marker: UnitMarker | null
  /** A link of its name to /dev/null keeps it from being started. */
  readonly isMasked: boolean
  /** Why the file could not be read; null when it could. */
  readonly problem: string | null
}

interface UnitText {
  readonly text: string
  readonly isLink: boolean
  readonly isMasked: boolean
  readonly problem: string | null
}

function readUnit(path: string): UnitText | null {
  const nothing = {text: '', isLink: false, isMasked: false, problem: null}
  try {
    const isLink = lstatSync(path).isSymbolicLink()
    if (isLink && readlinkSync(path) === '/dev/null') return {...nothing, isLink, isMasked: true}
    return {...nothing, text: readRegularFile(path), isLink}
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? null : {...nothing, problem: message}
  }
}

/** Reads one unit file; null when it is gone, or defines no gateway of this root. */
export function readDefinition(scope: UnitScope, directory: string, unit: string, root: string): UnitDefinition | null {
  const name = parseUnitName(unit)
  if (name === null) return null
  const path = join(directory, unit)
  const found = readUnit(path)
  if (found === null) return null
  const {text, isLink, isMasked, problem} = found
  const home = name.by === 'hermes' ? parseHermesHome(text) : null
  const profile = home === null ? name.label : profileOfHome(home, root)
  // Somebody who masked Hermes' own unit wants no gateway of it.
  if (name.by === 'hermes' && isMasked) return null
  if (profile === null || invalidProfileReason(profile) !== null) return null
  const marker = name.by === 'us' && !isLink ? parseUnitMarker(text) : null
  // Of another root, or kept in a store that a link leads to: somebody else decides on it.
  return {profile, scope, unit, path, marker: marker?.root === root ? marker : null, isMasked, problem}
}

/** Whether the name of a unit leaves open that it is of one of these profiles. Of Hermes' own units only the text tells. */
function mayDefine(unit: string, profiles: readonly string[] | undefined): boolean {
  const name = parseUnitName(unit)
  return profiles === undefined || name?.by === 'hermes' || (name !== null && profiles.includes(name.label))
}

/**
 * The unit files of a directory that define gateways of this root, all or those of some profiles: of no other file of ours is anything
 * read, since verbs on many gateways ask for each of them. Throws the system error; a directory that is not there has none.
 */
export function readDefinitions(
  scope: UnitScope,
  directory: string,
  root: string,
  profiles?: readonly string[],
): UnitDefinition[] {
  let names: string[]
  try {
    names = readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const read = names.flatMap(name =>
    mayDefine(name, profiles) ? (readDefinition(scope, directory, name, root) ?? []) : [],
  )
  return profiles === undefined ? read : read.filter(({profile}) => profiles.includes(profile))
}

/**
 * When a unit or what is laid over it was changed last: microseconds since the epoch, 0 for what is not there. Unlike
 * NeedDaemonReload this does not count links, and misses no new drop-in.
 */
export function changedAtUs({path}: Pick<UnitDefinition, 'path'>): number {
  const dropIns = `${path}.d`
  const times = [path, dropIns, ...namesIn(dropIns).map(name => join(dropIns, name))].map(
    each => statSync(each, {throwIfNoEntry: false})?.ctimeMs ?? 0,
  )
  return Math.max(...times) * 1000
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** Targets that units of gateways are started with, as directories of links beside the units. */
export const STARTED_WITH = ['default.target.wants', 'multi-user.target.wants']

/** The units that start with the manager: whatever has a link for that. */
export function readEnabled(directory: string): ReadonlySet<string> {
  const names = STARTED_WITH.flatMap(target => {
    try {
      return readdirSync(join(directory, target))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  })
  return new Set(names)
}
