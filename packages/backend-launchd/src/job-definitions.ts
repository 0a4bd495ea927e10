import {createHash} from 'node:crypto'
import {existsSync, lstatSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {invalidProfileReason, profileOfHome, readRegularFile} from '@hermes-svc/core'
import type {JobScope, ScopeFacts} from './launchd-facts.js'
import {jobDirectory, jobLabel, launcherPath, parsePlistName, plistName, rootDirectory} from './job-paths.js'

/** What our own definitions say of themselves. */
export interface JobMarker {
  /** Name of the definition: of the environment file that goes with it. */
  readonly id: string
  /** The domain is loaded with it, at login or at boot. */
  readonly autostart: boolean
  /** Digest of the file as it is now; the environment file has that of what was written. */
  readonly digest: string
}

/** The sessions that an agent may be loaded in (launchd.plist(5), LimitLoadToSessionType). */
export type Session = 'Aqua' | 'Background'

/** The session that a domain is one of. Pure. */
export function sessionFor({domain}: Pick<ScopeFacts, 'domain'>): Session {
  return domain?.startsWith('user/') === true ? 'Background' : 'Aqua'
}

/** A file that defines a job for a gateway of the profile root. */
export interface JobDefinition {
  readonly profile: string
  readonly scope: JobScope
  readonly label: string
  readonly path: string
  /** null: somebody else's. */
  readonly marker: JobMarker | null
  /** The session that an agent of ours is for; null for a daemon, and for somebody else's. */
  readonly session: Session | null
  /** Why the file could not be read; null when it could. */
  readonly problem: string | null
}

/** Where definitions of a scope are looked for, and what makes one ours. */
export interface DefinitionPlace {
  readonly scope: JobScope
  /** The directory that launchd itself reads. */
  readonly directory: string
  readonly root: string
  readonly gateways: string
  readonly support: string
}

/** Tells the Hermes home that somebody else's definition sets; undefined where it cannot be told. */
export type HomeReader = (text: string) => string | undefined

/** As XML has the characters of a text that would be markup. */
function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#xD;')
}

/** The digest by which a file is told that was changed by hand. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** Reads the marker of a definition of ours: its program is the launcher of this root. Pure; null for anybody else's. */
export function parseMarker(text: string, launcher: string, autostart: boolean): JobMarker | null {
  const words = /<key>ProgramArguments<\/key>\s*<array>\s*<string>([^<]*)<\/string>\s*<string>([0-9a-f]+)<\/string>/
  const [, program, id] = words.exec(text) ?? []
  if (program !== escapeXml(launcher) || id === undefined) return null
  return {id, autostart, digest: digestOf(text)}
}

function sessionOf(text: string): Session | null {
  const [, session] = /<key>LimitLoadToSessionType<\/key>\s*<string>(Aqua|Background)<\/string>/.exec(text) ?? []
  return session === 'Aqua' || session === 'Background' ? session : null
}

function readText(
  path: string,
): {readonly text: string; readonly isLink: boolean; readonly problem: string | null} | null {
  try {
    const isLink = lstatSync(path).isSymbolicLink()
    return {text: readRegularFile(path), isLink, problem: null}
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? null : {text: '', isLink: false, problem: message}
  }
}

/** Reads one file; null when it is gone, or defines no gateway of this root. */
function readDefinition(
  place: DefinitionPlace,
  path: string,
  name: NonNullable<ReturnType<typeof parsePlistName>>,
  autostart: boolean,
  readHome: HomeReader,
): JobDefinition | null {
  const found = readText(path)
  if (found === null) return null
  const {text, isLink, problem} = found
  const home = name.by === 'hermes' ? readHome(text) : undefined
  const profile = home === undefined ? name.profile : profileOfHome(home, place.root)
  if (profile === null || invalidProfileReason(profile) !== null) return null
  const launcher = launcherPath(jobDirectory(place.scope, place, profile), profile)
  // One that a link leads to is kept in somebody's store: they decide on it.
  const marker = name.by === 'us' && !isLink ? parseMarker(text, launcher, autostart) : null
  const session = marker === null ? null : sessionOf(text)
  return {profile, scope: place.scope, label: name.label, path, marker, session, problem}
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    const {code = ''} = error as NodeJS.ErrnoException
    if (['ENOENT', 'ENOTDIR'].includes(code)) return []
    throw error
  }
}

/** Where a definition that no login loads is: beside what belongs to the job. */
export function unloadedPath(place: Omit<DefinitionPlace, 'directory'>, profile: string): string {
  return join(jobDirectory(place.scope, place, profile), plistName(jobLabel(profile)))
}

/**
 * The definitions of a scope: those that launchd reads by itself, then those that are loaded only when they are started.
 * Throws the system error; a directory that is not there has none.
 */
export function readDefinitions(
  place: DefinitionPlace,
  profiles: readonly string[],
  readHome: HomeReader,
): JobDefinition[] {
  const loaded = namesIn(place.directory).flatMap(file => {
    const name = parsePlistName(file)
    return name === null ? [] : (readDefinition(place, join(place.directory, file), name, true, readHome) ?? [])
  })
  const others = profiles.flatMap(profile => {
    const path = unloadedPath(place, profile)
    if (!existsSync(path)) return []
    return readDefinition(place, path, {by: 'us', label: jobLabel(profile), profile}, false, readHome) ?? []
  })
  return [...loaded, ...others]
}

/** The names of the directories in which profiles have what belongs to them; each may have a definition that no login loads. */
export function profilesOf({scope, gateways, ...place}: Omit<DefinitionPlace, 'directory'>): string[] {
  const directory = scope === 'user' ? gateways : rootDirectory(place)
  return namesIn(directory).filter(name => invalidProfileReason(name) === null)
}
