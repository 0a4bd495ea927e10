import {type Host, serviceError} from '@hermes-svc/core'
import type {PluginRequest} from './plugin-request.js'

/** Holds a plugin to `plugins.allow`; `name` is null where it is not known before something is fetched. Throws HSVC_PERMISSION_DENIED. */
export function assertAllowed(
  name: string | null,
  got: string,
  {configuration, origins}: Pick<Host, 'configuration' | 'origins'>,
): void {
  const {allow} = configuration.plugins
  if (allow === null || (name !== null && allow.includes(name))) return
  const expected = allow.length === 0 ? 'no plugin' : `one of ${allow.join(', ')}`
  const origin = origins['plugins.allow'] ?? 'the configuration'
  const address = name === null ? '; what an address holds has no name before it is fetched' : ''
  throw serviceError('HSVC_PERMISSION_DENIED', `plugins.allow: expected ${expected}, got ${got}`, {
    hint: `the list is set in ${origin}${address}`,
  })
}

/** The name that a request has before anything is read. */
export function nameOfRequest(request: PluginRequest): string | null {
  return request.type === 'registry' ? request.name : null
}
