import type {EffectiveValue} from '@hermes-svc/core'
import {tableLines} from './table.js'

/** The table of `config show`. */
export function configurationTable(values: readonly EffectiveValue[], width = 80): string[] {
  const rows = values.map(({key, value, origin}) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
    origin,
  ])
  return tableLines(['KEY', 'VALUE', 'FROM'], rows, width)
}
