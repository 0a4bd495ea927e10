import {type ErrorCode, serviceError, type ServiceError} from '@hermes-svc/core'

/** What npm prints under --json when it fails. */
export interface NpmError {
  readonly code: string
  readonly summary: string
}

interface Meaning {
  readonly code: ErrorCode
  readonly expected: string
  readonly hint: string
}

const NOT_THERE: Meaning = {
  code: 'HSVC_INVALID_SPEC',
  expected: 'a package and a version that the registry has',
  hint: 'check name and version; .npmrc or HERMES_SVC_NPM_REGISTRY say which registry is asked',
}
const NO_ANSWER: Meaning = {
  code: 'HSVC_TOOL_FAILED',
  expected: 'an answer from where it is kept',
  hint: 'check the network and the registry in .npmrc or HERMES_SVC_NPM_REGISTRY; a tarball without dependencies needs none',
}
const NOT_ALLOWED: Meaning = {
  code: 'HSVC_PERMISSION_DENIED',
  expected: 'to be let in by the registry',
  hint: 'credentials for a registry belong into the .npmrc of this account',
}
const NOT_HERE: Meaning = {
  code: 'HSVC_UNSUPPORTED',
  expected: 'a package for this platform',
  hint: 'its author says where it runs',
}
const NOT_OURS: Meaning = {
  code: 'HSVC_PERMISSION_DENIED',
  expected: 'to be allowed to write',
  hint: 'run it as the account that these files belong to',
}
const TAMPERED: Meaning = {
  code: 'HSVC_UNEXPECTED_OUTPUT',
  expected: 'the package that the registry announced',
  hint: 'what was fetched is another one, and was thrown away; ask whoever runs the registry',
}

const ELSEWHERE: Meaning = {
  code: 'HSVC_INVALID_SPEC',
  expected: 'dependencies from the registry',
  hint: 'one is at an address, and would be fetched before anybody was asked; its author has to publish it',
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  E404: NOT_THERE,
  ETARGET: NOT_THERE,
  ENOVERSIONS: NOT_THERE,
  EALLOWGIT: ELSEWHERE,
  EALLOWREMOTE: ELSEWHERE,
  EALLOWFILE: ELSEWHERE,
  EALLOWDIRECTORY: ELSEWHERE,
  E401: NOT_ALLOWED,
  E403: NOT_ALLOWED,
  ENEEDAUTH: NOT_ALLOWED,
  EBADPLATFORM: NOT_HERE,
  EBADENGINE: NOT_HERE,
  EACCES: NOT_OURS,
  EPERM: NOT_OURS,
  EROFS: NOT_OURS,
  EINTEGRITY: TAMPERED,
  ECONNREFUSED: NO_ANSWER,
  ECONNRESET: NO_ANSWER,
  EHOSTUNREACH: NO_ANSWER,
  ENETUNREACH: NO_ANSWER,
  ENOTFOUND: NO_ANSWER,
  EAI_AGAIN: NO_ANSWER,
  ETIMEDOUT: NO_ANSWER,
  ERR_SOCKET_TIMEOUT: NO_ANSWER,
  ENOTCACHED: NO_ANSWER,
}

/** The error for what npm could not do with a package. */
export function npmFailure(wanted: string, {code, summary}: NpmError): ServiceError {
  const [first = ''] = summary.split('\n').filter(line => line.trim() !== '')
  const got = first.includes(code) ? first : `${code}: ${first}`
  const meaning = MEANINGS[code]
  if (meaning === undefined)
    return serviceError('HSVC_TOOL_FAILED', `${wanted}: expected npm to succeed, got ${got}`, {
      hint: 'with --verbose it prints all that npm says',
    })
  return serviceError(meaning.code, `${wanted}: expected ${meaning.expected}, got ${got}`, {hint: meaning.hint})
}

/** Reads npm's error out of what it printed under --json; null when it printed none. */
export function parseNpmError(stdout: string): NpmError | null {
  let document: unknown
  try {
    document = JSON.parse(stdout)
  } catch {
    return null
  }
  const {error} = (document ?? {}) as {error?: {code?: unknown; summary?: unknown} | null}
  if (error == null) return null
  const {code, summary} = error
  return {code: typeof code === 'string' ? code : 'no code', summary: typeof summary === 'string' ? summary : ''}
}
