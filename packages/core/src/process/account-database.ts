import {execFileSync} from 'node:child_process'

/** The platform whose account database is asked, and what runs a tool and gives its output, or throws. */
export interface AccountDatabase {
  readonly platform: NodeJS.Platform
  readonly run: (file: string, args: readonly string[]) => string
}

/** The account database of this machine, which has five seconds for an answer. */
export const ownDatabase: AccountDatabase = {
  platform: process.platform,
  run: (file, args) =>
    execFileSync(file, args, {
      encoding: 'utf8',
      env: {PATH: '/usr/bin:/bin', LC_ALL: 'C'},
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
    }),
}

/** id(1) of macOS prints uids as signed: nobody's is -2. */
function unsigned(id: string): string {
  const number = Number(id)
  return number < 0 && number >= -(2 ** 31) ? String(number + 2 ** 32) : id
}

/** A line of passwd(5) from one of master.passwd(5), which has three fields more; null for another line. Pure. */
export function shortenMasterLine(line: string): string | null {
  const fields = line.split(':')
  const [name = '', password = '', uid = '', gid = ''] = fields
  return fields.length === 10 ? [name, password, unsigned(uid), unsigned(gid), ...fields.slice(7)].join(':') : null
}

/**
 * The passwd(5) line of an account name or uid from every source that the machine has, LDAP included: by `getent` those of
 * nsswitch.conf(5), on macOS, which has no `getent`, by id(1) those of Directory Service. null where there is no such
 * account, no tool, or no answer.
 */
export function passwdLine(key: string, {platform, run}: AccountDatabase = ownDatabase): string | null {
  try {
    if (platform !== 'darwin') return run('getent', ['passwd', '--', key]).trimEnd()
    // No name begins so (passwd(5)), and id(1) would take it for an option.
    return key.startsWith('-') ? null : shortenMasterLine(run('/usr/bin/id', ['-P', key]).trimEnd())
  } catch {
    return null
  }
}
