import {join} from 'node:path'
import {publishFile, readRegularFile} from '@hermes-svc/core'
import {STARTER_FILE} from './gateway-files.js'
import type {Starter} from './windows-settings.js'

/** What starts a gateway, as install left it in the gateway's directory. */
export interface StarterNote {
  readonly starter: Starter
  /** Whether it comes back at logon. */
  readonly autostart: boolean
}

/** Parses a note; null for anything else. Pure. */
export function parseStarterNote(text: string): StarterNote | null {
  try {
    const {starter, autostart} = JSON.parse(text) as Partial<StarterNote>
    return (starter === 'task' || starter === 'startup') && typeof autostart === 'boolean' ? {starter, autostart} : null
  } catch {
    return null
  }
}

/** null where an install was interrupted before it came to that, or what is there is no note. */
export function readStarterNote(directory: string): StarterNote | null {
  try {
    return parseStarterNote(readRegularFile(join(directory, STARTER_FILE)))
  } catch {
    return null
  }
}

/** The text of a note. Pure. */
export function renderStarterNote({starter, autostart}: StarterNote): string {
  return `${JSON.stringify({starter, autostart})}\n`
}

/** Throws the system error. */
export function writeStarterNote(directory: string, note: StarterNote): void {
  publishFile(join(directory, STARTER_FILE), renderStarterNote(note))
}
