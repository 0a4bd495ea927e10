import {type GatewayState, type GatewayStatus, serviceError, type ServiceError, type Wanted} from '@hermes-svc/core'
import {firstRows} from './first-rows.js'
import {isPattern, parsePattern} from './profile-pattern.js'

/** Which gateways are meant. */
export interface Selection {
  /** Names and patterns; none: every gateway. */
  readonly words: readonly string[]
  /** Only those in one of these states; none: whatever their state. */
  readonly states: readonly GatewayState[]
  /** Only those that were asked to be so; null: either. */
  readonly wanted: Wanted | null
  /** Whether patterns, and no words at all, also stand for what somebody else made. A name always does. */
  readonly foreign: boolean
}

const MOST_NAMES = 10

function noneFits(pattern: string, rows: readonly GatewayStatus[], isForeign: boolean): ServiceError {
  const names = rows.map(({profile}) => profile)
  const more = names.length > MOST_NAMES ? ` and ${String(names.length - MOST_NAMES)} more` : ''
  const have = names.length === 0 ? 'none' : `${names.slice(0, MOST_NAMES).join(', ')}${more}`
  return serviceError('HSVC_NOT_FOUND', `no gateway fits "${pattern}" (have: ${have})`, {
    profile: pattern,
    hint: isForeign
      ? 'what fits was made by somebody else, and has to be named'
      : 'hermes-svc gateway list shows the gateways',
  })
}

/** Whether anything but names is asked for, so that the gateways have to be known first. */
export function needsRows({words, states, wanted}: Selection): boolean {
  return words.length === 0 || states.length > 0 || wanted !== null || words.some(isPattern)
}

/**
 * The profiles that are meant, each once: in the order of the words, and of the rows where a word or none stands for
 * several. The first row of a profile counts, which is the one that verbs act on. Names without a row are kept, for the
 * verb to say what is wrong with them. Takes rows as an overview sorts them. Throws HSVC_NOT_FOUND for a pattern that no
 * gateway fits, and HSVC_INVALID_PROFILE. Pure.
 */
export function selectProfiles(gateways: readonly GatewayStatus[], selection: Selection): string[] {
  const {words, states, wanted, foreign} = selection
  const rows = firstRows(gateways)
  const isMeant = (row: GatewayStatus): boolean =>
    (states.length === 0 || states.includes(row.state)) && (wanted === null || row.wanted === wanted)
  const meant = (candidates: readonly GatewayStatus[]): string[] =>
    candidates.filter(isMeant).map(({profile}) => profile)
  const mayStandForSeveral = rows.filter(({origin}) => foreign || origin !== 'foreign')
  const profiles = words.flatMap(word => {
    if (!isPattern(word)) {
      const row = rows.find(({profile}) => profile === word)
      return row ? meant([row]) : [word]
    }
    const fits = parsePattern(word)
    const fitting = mayStandForSeveral.filter(({profile}) => fits(profile))
    if (fitting.length > 0) return meant(fitting)
    const isForeign = rows.some(({profile}) => fits(profile))
    throw noneFits(word, rows, isForeign)
  })
  return words.length === 0 ? meant(mayStandForSeveral) : [...new Set(profiles)]
}
