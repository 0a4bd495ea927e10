import type {GatewayRequest, Scope} from '@hermes-svc/core'
import {usageError} from '../usage-error.js'
import {parseCommandFile} from './command-file.js'
import {parseEnvironmentFile, parseEnvironmentFlags, readFlagFile} from './environment-pairs.js'
import {windowsFlags} from './definition-flags.js'

/** The flags of install and register, as parsed. */
export interface DefinitionFlags {
  readonly 'command-file'?: string | undefined
  readonly env?: readonly string[] | undefined
  readonly 'env-file'?: string | undefined
  readonly 'no-autostart'?: boolean
  readonly port?: number | undefined
  readonly scope?: string | undefined
  readonly 'start-on-login'?: boolean
  readonly user?: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

function argvOf(flags: DefinitionFlags, passedOn: readonly string[] | null): readonly string[] | undefined {
  const file = flags['command-file']
  if (passedOn === null) return file === undefined ? undefined : parseCommandFile(readFlagFile('--command-file', file))
  if (file !== undefined) throw usageError('expected --command-file or -- ARGV, got both')
  if (passedOn.length === 0) throw usageError('expected a program after --, got nothing')
  return passedOn
}

function environmentOf(flags: DefinitionFlags, caller: Environment): Record<string, string> | undefined {
  const file = flags['env-file']
  if (flags.env === undefined && file === undefined) return undefined
  const fromFile = file === undefined ? {} : parseEnvironmentFile(readFlagFile('--env-file', file), caller)
  return {...fromFile, ...parseEnvironmentFlags(flags.env ?? [], caller)}
}

function autostartOf(flags: DefinitionFlags): boolean | undefined {
  if (flags['start-on-login'] === true) return true
  return flags['no-autostart'] === true ? false : undefined
}

/** What the flags ask for; what they do not name is left to the record and the configuration. Throws HSVC_USAGE. */
export function gatewayRequest(
  profile: string,
  flags: DefinitionFlags,
  passedOn: readonly string[] | null,
  caller: Environment,
): GatewayRequest {
  const request = {
    argv: argvOf(flags, passedOn),
    env: environmentOf(flags, caller),
    port: flags.port,
    scope: flags.scope as Scope | undefined,
    account: flags.user,
    autostart: autostartOf(flags),
  }
  const given = Object.entries(request).filter(([, value]) => value !== undefined)
  return {profile, ...Object.fromEntries(given)}
}

/** Refuses the flags of Windows elsewhere. Throws HSVC_USAGE naming the flag. */
export function assertPlatformFlags(flags: Readonly<Record<string, unknown>>, platform: NodeJS.Platform): void {
  if (platform === 'win32') return
  const given = Object.keys(windowsFlags).find(name => flags[name] === true)
  if (given !== undefined) throw usageError(`--${given} is for Windows, this is ${platform}`)
}
