import {execFileSync} from 'node:child_process'

/**
 * The passwd(5) line of an account name or uid from every source that nsswitch.conf(5) names, LDAP included; null
 * where there is no such account, no `getent`, or no answer within five seconds.
 */
export function getentPasswd(key: string): string | null {
  try {
    return execFileSync('getent', ['passwd', '--', key], {
      encoding: 'utf8',
      env: {PATH: '/usr/bin:/bin', LC_ALL: 'C'},
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
    }).trimEnd()
  } catch {
    return null
  }
}
