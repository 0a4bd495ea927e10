import {atomicity} from './groups/atomicity.js'
import {capability} from './groups/capability.js'
import {concurrency} from './groups/concurrency.js'
import {foreign} from './groups/foreign.js'
import {install} from './groups/install.js'
import {lifecycle} from './groups/lifecycle.js'
import {naming} from './groups/naming.js'
import {observation} from './groups/observation.js'
import {planning} from './groups/planning.js'
import {registration} from './groups/registration.js'
import {secrets} from './groups/secrets.js'
import {values} from './groups/values.js'
import {type Group, GROUPS, type Requirement} from './requirement.js'

const BY_GROUP: Record<Group, readonly Requirement[]> = {
  naming,
  lifecycle,
  install,
  registration,
  observation,
  atomicity,
  concurrency,
  secrets,
  foreign,
  values,
  planning,
  capability,
}

/** Every sentence of docs/contract.md with its test and its chapter, in the order of the text. */
export const REQUIREMENTS: readonly (Requirement & {readonly group: Group})[] = GROUPS.flatMap(group =>
  BY_GROUP[group].map(requirement => ({...requirement, group})),
)
