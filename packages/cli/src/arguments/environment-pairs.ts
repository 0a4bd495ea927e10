import {readFileSync} from 'node:fs'
import {usageError} from '../usage-error.js'

const KEY = /^[A-Za-z_][A-Za-z0-9_]*$/

type Environment = Readonly<Record<string, string | undefined>>

function parsePair(text: string, caller: Environment, where: string): [string, string] {
  const at = text.indexOf('=')
  const key = at === -1 ? text : text.slice(0, at)
  // The text may hold a secret: only what stands before the first = is repeated.
  if (!KEY.test(key)) throw usageError(`${where}: expected KEY=VALUE or KEY, got ${JSON.stringify(key)} for the key`)
  const value = at === -1 ? caller[key] : text.slice(at + 1)
  if (value === undefined) throw usageError(`${where}: expected ${key} in the environment of the caller, it is not set`)
  return [key, value]
}

/** Reads `K=V` (V may hold anything) and `K` (value from the caller's environment). Throws HSVC_USAGE. */
export function parseEnvironmentFlags(flags: readonly string[], caller: Environment): Record<string, string> {
  return Object.fromEntries(flags.map(text => parsePair(text, caller, '--env')))
}

/** Reads one `KEY=VALUE` a line, literally: no quotes, no expansion; empty lines and lines that begin with # are passed over. */
export function parseEnvironmentFile(text: string, caller: Environment): Record<string, string> {
  const lines = text.split(/\r?\n/).map((line, index) => ({line, where: `--env-file line ${String(index + 1)}`}))
  const used = lines.filter(({line}) => line.trim() !== '' && !line.startsWith('#'))
  return Object.fromEntries(used.map(({line, where}) => parsePair(line, caller, where)))
}

/** Reads a file that a flag names, standard input for `-`. Throws HSVC_USAGE naming flag and reason. */
export function readFlagFile(flag: string, path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException
    throw usageError(`${flag}: expected a readable file, got ${code ?? message} for ${path}`)
  }
}
