import {createHash} from 'node:crypto'
import type {GatewaySpec} from '@hermes-svc/core'
import {MOST_DEATHS} from './death-tally.js'
import {renderFinishScript} from './finish-script.js'
import {renderLogScript} from './log-script.js'
import {renderEnvironment, renderRunScript} from './run-script.js'
import type {S6Facts} from './s6-facts.js'
import {factsOf, type SlotFacts} from './slot-facts.js'
import {DEFINITION_PREFIX, ENVIRONMENT} from './slot-names.js'

/** A file of a definition. */
export interface DefinitionFile {
  readonly name: string
  readonly mode: number
  readonly contents: string
}

/** The files of a definition, which live in one directory of the slot and take effect together. */
export interface Definition {
  /** Name of the directory in the slot; different contents have different names. */
  readonly directory: string
  readonly files: readonly DefinitionFile[]
  /** Target of the link `FACTS`. */
  readonly facts: string
}

/** Names of the files of a definition. */
export const DEFINITION_FILES = [ENVIRONMENT, 'run', 'finish', 'log-run', 'timeout-kill'] as const

/** Files that are the same in every slot. `timeout-finish 0`: a delay between restarts may be long. */
export const CONSTANT_FILES: readonly DefinitionFile[] = [
  {name: 'type', mode: 0o644, contents: 'longrun\n'},
  {name: 'timeout-finish', mode: 0o644, contents: '0\n'},
  {name: 'max-death-tally', mode: 0o644, contents: `${String(MOST_DEATHS)}\n`},
]

/** What keeps a slot down when its supervisor starts. */
export const DOWN: DefinitionFile = {name: 'down', mode: 0o644, contents: ''}

/** As s6-supervise makes `event` (fifodir.html): the group may listen. */
export const FIFODIR_MODE = 0o3730

function filesOf(spec: GatewaySpec, facts: S6Facts, place: string): readonly DefinitionFile[] {
  return [
    {name: ENVIRONMENT, mode: 0o600, contents: renderEnvironment(spec, facts)},
    {name: 'run', mode: 0o755, contents: renderRunScript(spec, facts, place)},
    {name: 'finish', mode: 0o755, contents: renderFinishScript(spec, facts, place)},
    {name: 'log-run', mode: 0o755, contents: renderLogScript(spec, facts)},
    // s6-supervise takes 0 for: never.
    {name: 'timeout-kill', mode: 0o644, contents: `${String(Math.max(1, spec.stopTimeoutMs))}\n`},
  ]
}

/** Renders a definition. Scripts name their own directory, so that none of them reads a file of a later definition. Pure. */
export function renderDefinition(spec: GatewaySpec, facts: S6Facts, origin: SlotFacts['origin']): Definition {
  const parts = (place: string): Omit<Definition, 'directory'> => ({
    files: filesOf(spec, facts, place),
    facts: JSON.stringify(factsOf(spec, origin, place)),
  })
  const digest = createHash('sha256')
    .update(JSON.stringify(parts('')))
    .digest('hex')
    .slice(0, 16)
  const directory = `${DEFINITION_PREFIX}${digest}`
  return {directory, ...parts(directory)}
}
