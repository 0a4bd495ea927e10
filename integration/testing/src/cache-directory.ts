import {homedir} from 'node:os'
import {join} from 'node:path'

/** Where tests keep what takes long to get: in the account's cache, for the runs that come. */
export function cacheDirectory(...names: readonly string[]): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'hermes-svc', ...names)
}
