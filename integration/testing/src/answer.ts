import type {GatewayStatus} from '@hermes-svc/core'
import type {Run} from './program-run.js'

/** What the CLI says as JSON. */
export interface Answer {
  readonly code: number | null
  readonly backend?: string
  readonly scope?: string
  readonly complete?: boolean
  readonly gateways?: GatewayStatus[]
  readonly errors?: {profile: string; code: string; message: string; hint?: string}[]
  readonly warnings?: string[]
  readonly summary?: {asked: number; succeeded: number; failed: number; left: string[]; notReached: string[]}
  readonly error?: {code: string; message: string; hint?: string; exitCode: number}
}

/** The arguments with --json among the CLI's own. */
export function withJson(args: readonly string[]): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length
  return [...args.slice(0, end), '--json', ...args.slice(end)]
}

/** Throws with what was said instead of JSON. */
export function parseAnswer(args: readonly string[], {code, stdout, stderr}: Run): Answer {
  try {
    return {...(JSON.parse(stdout) as Answer), code}
  } catch {
    throw new Error(`${args.join(' ')}: expected JSON, got ${JSON.stringify(stdout.slice(0, 300))} ${stderr}`)
  }
}

/** One gateway's row; throws when the list is not whole or lacks it. */
export function rowOf(answer: Answer, profile: string): GatewayStatus {
  const row = answer.gateways?.find(each => each.profile === profile)
  if (answer.complete !== true || !row)
    throw new Error(`expected ${profile} in a whole list, got ${JSON.stringify(answer)}`)
  return row
}
