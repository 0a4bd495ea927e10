import type {GatewayState} from '@hermes-svc/core'

const CODES = {red: 31, green: 32, yellow: 33, dim: 2, bold: 1} as const

/** Wraps text in the escapes of a colour or weight. */
export type Paint = (style: keyof typeof CODES, text: string) => string

/** Whether a stream shows colours: a terminal, unless NO_COLOR or TERM=dumb says otherwise (https://no-color.org). */
export function showsColor(
  stream: {readonly isTTY?: boolean},
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb' && env['FORCE_COLOR'] !== '0'
}

/** The paint for a stream: the text itself where colours are not shown. */
export function paintFor(color: boolean): Paint {
  return (style, text) => (color ? `\u001b[${String(CODES[style])}m${text}\u001b[0m` : text)
}

const STYLE_OF_STATE: Readonly<Record<GatewayState, keyof typeof CODES>> = {
  running: 'green',
  starting: 'yellow',
  stopping: 'yellow',
  stopped: 'dim',
  backoff: 'yellow',
  failed: 'red',
  unknown: 'yellow',
}

/** The colour that a state has everywhere. */
export function styleOfState(state: GatewayState): keyof typeof CODES {
  return STYLE_OF_STATE[state]
}
