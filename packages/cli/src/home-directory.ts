import {homedir} from 'node:os'

/**
 * The home of the account, as os.homedir() finds it, which takes HOME first. Asked for in every run: to load `node:os` takes longer than
 * to look whether HOME is set.
 */
export function homeDirectory(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): string {
  return (platform === 'win32' ? undefined : env['HOME']) || homedir()
}
