import {readFileSync, statSync} from 'node:fs'
import {type JobDefinition, readDefinition} from './job-definition.js'
import {parsePlist} from './plist-text.js'
import type {DomainName} from './settings.js'

/** A definition that launchd takes, or the reason that only root is told. */
export type DefinitionFile = {readonly definition: JobDefinition} | {readonly problem: string}

const WRITABLE_BY_OTHERS = 0o022
const READABLE_BY_OTHERS = 0o044

/** What a file is judged by. */
export interface FileRules {
  readonly domain: DomainName
  /** Accounts that may own the file. */
  readonly owners: readonly number[]
  readonly refusesPrivate: boolean
}

function findFileProblem(path: string, rules: FileRules): string | null {
  const stat = statSync(path, {throwIfNoEntry: false})
  if (stat === undefined) return 'No such file or directory'
  const isOpen = (stat.mode & WRITABLE_BY_OTHERS) !== 0
  const isHidden = rules.refusesPrivate && (stat.mode & READABLE_BY_OTHERS) !== READABLE_BY_OTHERS
  if (!stat.isFile() || isOpen || isHidden || !rules.owners.includes(stat.uid)) {
    return 'Path had bad ownership/permissions'
  }
  return null
}

/**
 * Whether a job may be loaded into a domain: without LimitLoadToSessionType an agent is one of Aqua. bootstrap answers 5
 * where not: some systems say 125, but who takes that for a missing domain would be right by accident.
 */
export function fitsSession(definition: JobDefinition, domain: DomainName): boolean {
  const {sessionTypes} = definition
  if (domain === 'system') return sessionTypes.length === 0 || sessionTypes.includes('System')
  if (domain === 'user') return sessionTypes.includes('Background')
  return sessionTypes.length === 0 || sessionTypes.includes('Aqua')
}

/** Reads a definition as bootstrap does. The file may have any name, whatever the label. */
export function readDefinitionFile(path: string, rules: FileRules): DefinitionFile {
  let bytes: Uint8Array
  try {
    const problem = findFileProblem(path, rules)
    if (problem !== null) return {problem}
    bytes = readFileSync(path)
  } catch (error) {
    return {problem: (error as Error).message}
  }
  const plist = parsePlist(bytes)
  if (plist === null) return {problem: 'Invalid property list'}
  const definition = readDefinition(plist)
  if (definition === null) return {problem: 'Invalid or missing Program/ProgramArguments, Label or key type'}
  if (!fitsSession(definition, rules.domain)) return {problem: 'Service cannot load in requested session'}
  return {definition}
}
