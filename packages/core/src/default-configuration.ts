import {type Configuration, mergeConfiguration} from './configuration.js'

/** The configuration when nothing is set. */
export const DEFAULT_CONFIGURATION: Configuration = mergeConfiguration([]).configuration
