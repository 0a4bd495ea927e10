import {dirname, join} from 'node:path'
import type {DefinitionPlace} from './job-definitions.js'
import {jobDirectory, plistName, rootId} from './job-paths.js'

/** What macOS calls the job among the Login Items: the name of its program. */
export const SCRIPT = 'hermes-log-rotation'

/** The label of the job that rotates the logs of a profile root. No gateway's begins like that. Pure. */
export function rotationLabel(root: string): string {
  return `ai.hermes-svc-logs.${rootId(root)}`
}

/** Where that job is defined, and what belongs to it. */
export interface RotationPlace {
  readonly label: string
  readonly directory: string
  readonly script: string
  readonly plist: string
}

/** The place of one root and scope. Pure. */
export function rotationPlace(place: DefinitionPlace): RotationPlace {
  const {scope, root, gateways} = place
  const label = rotationLabel(root)
  // Beside the directories of profiles, whose names begin with no dot.
  const directory = scope === 'user' ? join(dirname(gateways), 'launchd') : jobDirectory(scope, place, '.log-rotation')
  return {label, directory, script: join(directory, SCRIPT), plist: join(place.directory, plistName(label))}
}
