import type {HomeFiles} from './home-files.js'

/** Beside Hermes' own notes of what it did when a container started, so that one file tells the whole. */
const BOOT_LOG = 'logs/container-boot.log'
/** From this size on the file is put aside as `.1`. Bytes; some thousand lines. */
const ROTATE_AT_BYTES = 262_144

/** One thing that was done, failed or was found. */
export interface BootLogEntry {
  readonly profile: string
  /** What Hermes had noted of it. */
  readonly priorState: string | null
  readonly action: string
  readonly reason: string
}

function word(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : JSON.stringify(text)
}

/** The lines of the log in Hermes' format, which begin with the time in ISO 8601's basic form for the zone. Pure. */
export function renderBootLog(entries: readonly BootLogEntry[], nowMs: number): string {
  const at = new Date(nowMs).toISOString().replace(/\.\d+Z$/, '+0000')
  return entries
    .map(({profile, priorState, action, reason}) => {
      const prior = priorState === null ? 'None' : word(priorState)
      const fields = [`profile=${word(profile)}`, `prior_state=${prior}`, `action=${word(action)}`]
      return `${at} ${fields.join(' ')} by=hermes-svc reason=${JSON.stringify(reason)}\n`
    })
    .join('')
}

/** Appends to the log, with the rights of the root's owner. Throws the system error. */
export function appendBootLog(homes: HomeFiles, entries: readonly BootLogEntry[], nowMs: number): void {
  if (entries.length === 0) return
  homes.append('default', BOOT_LOG, renderBootLog(entries, nowMs), ROTATE_AT_BYTES)
}
