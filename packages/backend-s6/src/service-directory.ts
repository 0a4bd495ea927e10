import {createHash} from 'node:crypto'
import type {GatewaySpec} from '@hermes-svc/core'
import {MOST_DEATHS} from './death-tally.js'
import {renderFinishScript} from './finish-script.js'
import {renderLogScript} from './log-script.js'
import {renderEnvironment, renderRunScript} from './run-script.js'
import type {S6Facts} from './s6-facts.js'
import {factsOf, type SlotFacts} from './slot-facts.js'

/** s6-svscan passes over longer names; the staging name `.gateway-NAME.new` has to fit into 255 bytes too. */
export const SLOT_PROFILE_MAX = 242

/** What the name of a slot begins with. */
export const SLOT_PREFIX = 'gateway-'

/** Link to the directory of the definition in force. Replacing it changes every file at once. */
export const CURRENT = 'current'

/** Link to the definition that the process of now, or the last one, was started by. */
export const RUNNING = 'data/running'

/** Name of the environment file. */
export const ENVIRONMENT = 'environment'

/** Name of the file with the facts. */
export const FACTS = 'gateway.json'

/** What the name of a definition's directory begins with. */
export const DEFINITION_PREFIX = 'definition.'

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
}

/** Names of the files of a definition. */
export const DEFINITION_FILES = [ENVIRONMENT, 'run', 'finish', 'log-run', 'timeout-kill', FACTS] as const

/** Where in the slot each file of a definition shows, as a link. */
export const LINKS: Readonly<Record<string, string>> = {
  run: `${CURRENT}/run`,
  finish: `${CURRENT}/finish`,
  [ENVIRONMENT]: `${CURRENT}/${ENVIRONMENT}`,
  'timeout-kill': `${CURRENT}/timeout-kill`,
  'log/run': `../${CURRENT}/log-run`,
}

/** Files that are the same in every slot. `timeout-finish 0`: a delay between restarts may be long. */
export const CONSTANT_FILES: readonly DefinitionFile[] = [
  {name: 'type', mode: 0o644, contents: 'longrun\n'},
  {name: 'timeout-finish', mode: 0o644, contents: '0\n'},
  {name: 'max-death-tally', mode: 0o644, contents: `${String(MOST_DEATHS)}\n`},
]

/** What keeps a slot down when its supervisor starts. */
export const DOWN: DefinitionFile = {name: 'down', mode: 0o644, contents: ''}

/** FIFOs of the skeleton: the one of the service, and the one of its logger. */
export const CONTROL_FIFOS = ['supervise/control', 'log/supervise/control'] as const

/** As s6-supervise makes `event` (fifodir.html): the group may listen. */
export const FIFODIR_MODE = 0o3730

function filesOf(
  spec: GatewaySpec,
  facts: S6Facts,
  origin: SlotFacts['origin'],
  place: string,
): readonly DefinitionFile[] {
  return [
    {name: ENVIRONMENT, mode: 0o600, contents: renderEnvironment(spec, facts)},
    {name: 'run', mode: 0o755, contents: renderRunScript(spec, facts, place)},
    {name: 'finish', mode: 0o755, contents: renderFinishScript(spec, facts, place)},
    {name: 'log-run', mode: 0o755, contents: renderLogScript(spec, facts)},
    // s6-supervise takes 0 for: never.
    {name: 'timeout-kill', mode: 0o644, contents: `${String(Math.max(1, spec.stopTimeoutMs))}\n`},
    {name: FACTS, mode: 0o644, contents: `${JSON.stringify(factsOf(spec, origin))}\n`},
  ]
}

/** Renders a definition. Scripts name their own directory, so that none of them reads a file of a later definition. Pure. */
export function renderDefinition(spec: GatewaySpec, facts: S6Facts, origin: SlotFacts['origin']): Definition {
  const anywhere = JSON.stringify(filesOf(spec, facts, origin, ''))
  const directory = `${DEFINITION_PREFIX}${createHash('sha256').update(anywhere).digest('hex').slice(0, 16)}`
  return {directory, files: filesOf(spec, facts, origin, directory)}
}
