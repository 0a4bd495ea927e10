import {load} from 'js-yaml'
import {parseDotenv} from '../../dist/hermes/dotenv.js'
import {HermesSettings} from '../../dist/hermes/hermes-settings.js'

export const KEY = '0123456789abcdef'

/** What a test says of a profile; what it leaves out is empty, and null could not be read. */
export interface Sources {
  readonly env?: Record<string, string> | null
  readonly dotenv?: string | null
  /** YAML of a mapping. */
  readonly config?: string | null
}

/** The settings of a profile whose files have that text. */
export function settingsOf({env = {}, dotenv = '', config = '{}'}: Sources): HermesSettings {
  return new HermesSettings({
    env,
    dotenv: dotenv === null ? null : parseDotenv(dotenv),
    config: config === null ? null : (load(config) as Record<string, unknown>),
  })
}
