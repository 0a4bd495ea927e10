import {applyEdits, modify} from 'jsonc-parser'
import {parseMapping} from './gateway-state.js'

/**
 * The text of gateway_state.json with another wish in it, and every other byte as it was: numbers there can be larger than
 * JSON.parse keeps. What is no JSON object is replaced. Pure.
 */
export function withDesiredState(text: string | null, desiredState: string): string {
  const fresh = `${JSON.stringify({desired_state: desiredState})}\n`
  if (text === null || parseMapping(text) === null) return fresh
  const edited = applyEdits(text, modify(text, ['desired_state'], desiredState, {}))
  // Of a key that is there twice, readers take the last one.
  if (parseMapping(edited)?.['desired_state'] === desiredState) return edited
  return `${JSON.stringify({...parseMapping(text), desired_state: desiredState})}\n`
}
