import {INSIDE_SCENARIOS} from './inside-scenarios.js'
import {RESTART_SCENARIOS} from './restart-scenarios.js'
import type {Scenario} from './scenario.js'
import {STATE_SCENARIOS} from './state-scenarios.js'

/** Everything that is played on every Mac, in this order: what is quick first. */
export const SCENARIOS: readonly Scenario[] = [...STATE_SCENARIOS, ...INSIDE_SCENARIOS, ...RESTART_SCENARIOS]
