import {createHash, randomBytes} from 'node:crypto'
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {publishFile, STAGING_PREFIX} from '@hermes-svc/core/publish-file'
import {renameOver} from '@hermes-svc/core/rename-over'
import {type Environment, isEnvironment, parseRunnerSpec, type RunnerSpec} from './runner-spec.js'

/** Name of the definition in a runner directory. */
export const SPEC_FILE = 'gateway.json'
/** Name of the file with the environment values. */
export const ENVIRONMENT_FILE = 'environment'
const NEXT_ENVIRONMENT_FILE = '.environment.next'

/** A definition as read, whole. */
export interface Definition {
  readonly spec: RunnerSpec
  readonly env: Environment
}

/** The two files of a definition, byte for byte as they are written. Pure: the same definition gives the same bytes. */
export function renderRunnerFiles(spec: RunnerSpec, env: Environment): {spec: string; environment: string} {
  const text = `${JSON.stringify(spec, null, 2)}\n`
  const values = Object.fromEntries(Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1)))
  // The digest ties the two together, so that a reader never takes the new half of one with the old half of the other.
  return {spec: text, environment: `${JSON.stringify({belongsTo: digest(text), values}, null, 2)}\n`}
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/**
 * Writes the definition. A new directory appears whole. In an existing one the change happens when the definition file
 * is renamed; before and after it, killed at any instruction, a reader finds a whole definition, the old or the new.
 */
export function writeRunnerFiles(directory: string, spec: RunnerSpec, env: Environment): void {
  const files = renderRunnerFiles(spec, env)
  if (existsSync(join(directory, SPEC_FILE))) {
    publishFile(join(directory, NEXT_ENVIRONMENT_FILE), files.environment, 0o600)
    publishFile(join(directory, SPEC_FILE), files.spec, 0o600)
    renameOver(join(directory, NEXT_ENVIRONMENT_FILE), join(directory, ENVIRONMENT_FILE))
    return
  }
  const parent = dirname(directory)
  mkdirSync(parent, {recursive: true, mode: 0o700})
  const staged = join(parent, `${STAGING_PREFIX}${basename(directory)}.${randomBytes(6).toString('hex')}`)
  mkdirSync(staged, {mode: 0o700})
  try {
    writeFileSync(join(staged, ENVIRONMENT_FILE), files.environment, {mode: 0o600, flush: true})
    writeFileSync(join(staged, SPEC_FILE), files.spec, {mode: 0o600, flush: true})
    // Without a definition in it the directory is no gateway: left-overs of one that was removed half.
    rmSync(directory, {recursive: true, force: true})
    renameOver(staged, directory)
  } catch (error) {
    rmSync(staged, {recursive: true, force: true})
    throw error
  }
}

function environmentFor(text: string, path: string): Environment | null {
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const {belongsTo, values} = JSON.parse(content) as {belongsTo?: unknown; values?: unknown}
  return belongsTo === digest(text) && isEnvironment(values) ? values : null
}

/** Reads the definition; throws an error that names the directory when there is no whole one. */
export function readRunnerFiles(directory: string): Definition {
  try {
    const text = readFileSync(join(directory, SPEC_FILE), 'utf8')
    const spec = parseRunnerSpec(text)
    const env =
      environmentFor(text, join(directory, ENVIRONMENT_FILE)) ??
      environmentFor(text, join(directory, NEXT_ENVIRONMENT_FILE))
    if (env === null) throw new Error('the environment file does not belong to the definition')
    return {spec, env}
  } catch (error) {
    throw new Error(`definition in ${directory} cannot be read: ${(error as Error).message}`, {cause: error})
  }
}

/** Removes what killed writers staged in a directory. */
export function removeStaged(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.startsWith(STAGING_PREFIX)) rmSync(join(directory, name), {recursive: true, force: true})
  }
}
