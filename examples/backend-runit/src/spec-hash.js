/** @import {GatewaySpec} from '@hermes-svc/core' */
import {createHash} from 'node:crypto'

/**
 * The identity of a spec as the contract has it, by which the host tells drift: SHA-256 of its JSON with sorted keys,
 * `userSet` emptied, the first 32 hex digits. Pure.
 *
 * @param {GatewaySpec} spec
 */
export function hashSpec(spec) {
  const canonical = JSON.stringify({...spec, userSet: []}, (_key, /** @type {unknown} */ value) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
  return createHash('sha256').update(canonical).digest('hex').slice(0, 32)
}
