import {quoteShellWord} from './shell-word.js'

/** What the first line of an environment file of ours begins with: to the shell that reads it, a comment. */
const HEADER = '# hermes-svc '

/** What the header of an environment file says of the definition that it belongs to. */
export interface EnvironmentHeader {
  /** Here and not in the plist, which everybody can read: from a hash a short secret could be guessed. */
  readonly specHash: string
  readonly port: number | null
  readonly autostart: boolean
  /** Whether the user gave the command, so that nothing is known of how it behaves. */
  readonly ownCommand: boolean
  /** ThrottleInterval of launchd.plist(5). */
  readonly throttleSeconds: number
  /** Of the codes by which the launcher parks a gateway, those after which it ended on purpose. */
  readonly cleanExitCodes: readonly number[]
  /** Of the definition, by which a change by hand is told. */
  readonly digest: string
}

/**
 * Whether the launcher cannot pass a variable of that name on: dash(1) takes OPTIND for the index of its getopts, and
 * gives up at a value that is no number. Every other name arrives, also IFS, PATH and PPID. Pure.
 */
export function unsettableKey(key: string): boolean {
  return key === 'OPTIND'
}

/** The file that the launcher reads before it becomes the gateway, with the keys sorted. Pure. */
export function renderEnvironmentFile(env: Readonly<Record<string, string>>, header: EnvironmentHeader): string {
  const lines = Object.keys(env)
    .sort()
    .map(key => `export ${key}=${quoteShellWord(env[key] ?? '')}\n`)
  return `${HEADER}${JSON.stringify(header)}\n${lines.join('')}`
}

function isHeader(value: unknown): value is EnvironmentHeader {
  if (typeof value !== 'object' || value === null) return false
  const {specHash, port, autostart, ownCommand, throttleSeconds, cleanExitCodes, digest} = value as Record<
    keyof EnvironmentHeader,
    unknown
  >
  return (
    typeof specHash === 'string' &&
    (port === null || typeof port === 'number') &&
    typeof autostart === 'boolean' &&
    typeof ownCommand === 'boolean' &&
    typeof throttleSeconds === 'number' &&
    Array.isArray(cleanExitCodes) &&
    cleanExitCodes.every(code => typeof code === 'number') &&
    typeof digest === 'string'
  )
}

/** Reads the header back; null for a file that has none, or one with a field that is missing or of another type. Pure. */
export function parseEnvironmentHeader(text: string): EnvironmentHeader | null {
  const [line = ''] = text.split('\n', 1)
  if (!line.startsWith(HEADER)) return null
  try {
    const value: unknown = JSON.parse(line.slice(HEADER.length))
    return isHeader(value) ? value : null
  } catch {
    return null
  }
}
