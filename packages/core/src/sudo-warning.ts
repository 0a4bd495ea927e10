import {existsSync} from 'node:fs'
import {join} from 'node:path'
import type {Caller} from './backend.js'
import type {Account} from './fs/account.js'

/**
 * What to say to somebody who asks as root by sudo(8), which changes HOME, and has a profile root of their own; null when
 * there is nothing to say.
 */
export function sudoWarning(
  root: string,
  env: Readonly<Record<string, string | undefined>>,
  {uid}: Caller,
  accountNamed: (name: string) => Account | null,
): string | null {
  const name = env['SUDO_USER'] ?? ''
  if (uid !== 0 || env['HERMES_HOME'] || name === '' || name === 'root') return null
  const account = accountNamed(name)
  const own = account === null ? null : join(account.home, '.hermes')
  if (own === null || own === root || !existsSync(own)) return null
  return `this is about root's profile root ${root}; for that of ${name}: sudo HERMES_HOME=${own} hermes-svc ...`
}
