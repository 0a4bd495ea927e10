import type {EffectiveValue} from '@hermes-svc/core'
import type {SCHEMA_VERSION} from './envelope.js'

/** What `config show` prints. */
export interface ConfigurationOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly values: readonly EffectiveValue[]
  readonly warnings: readonly string[]
}
