import type {LogLine} from '@hermes-svc/core'
import {toPrintable} from './printable.js'

/** How log lines are shown. */
export interface LogLineStyle {
  /** Width of the profile names in front; 0: none, as for a single profile. */
  readonly prefixWidth: number
  /** Take out what would steer a terminal. */
  readonly terminal: boolean
}

/** One log line for people: the profile where there are several, the time where it is known, the text. */
export function logLineText({profile, at, text}: LogLine, {prefixWidth, terminal}: LogLineStyle): string {
  const prefix = prefixWidth === 0 ? '' : `${profile.padEnd(prefixWidth)} | `
  return `${prefix}${at === null ? '' : `${at} `}${terminal ? toPrintable(text) : text}`
}
