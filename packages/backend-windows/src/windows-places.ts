import {join} from 'node:path'
import type {BackendContext} from '@hermes-svc/core'

type Environment = BackendContext['env']

/** A variable of the environment, whose names have no case on Windows; null where it is not set or empty. */
function variable(env: Environment, name: string): string | null {
  const key = Object.keys(env).find(each => each.toLowerCase() === name.toLowerCase())
  return (key === undefined ? undefined : env[key]) || null
}

/** Where Windows keeps its own programs. */
export function systemDirectory(env: Environment): string {
  return join(variable(env, 'SystemRoot') ?? String.raw`C:\Windows`, 'System32')
}

/** The Startup folder of the account, whose entries are opened at logon; null where no home is known. */
export function startupFolder({env, caller}: Pick<BackendContext, 'env' | 'caller'>): string | null {
  const home = variable(env, 'USERPROFILE') ?? (caller.home || null)
  const roaming = variable(env, 'APPDATA') ?? (home === null ? null : join(home, 'AppData', 'Roaming'))
  return roaming === null ? null : join(roaming, 'Microsoft', 'Windows', 'Start Menu', 'Programs', 'Startup')
}

/** The account as `DOMAIN\name`, for a machine that does not tell its SID; null where not even that is known. */
export function accountName(env: Environment): string | null {
  const name = variable(env, 'USERNAME')
  if (name === null) return null
  const domain = variable(env, 'USERDOMAIN')
  // Of these, no account can be looked up.
  const isNone = domain === null || /^(?:workgroup|microsoftaccount)$/i.test(domain)
  const machine = isNone ? variable(env, 'COMPUTERNAME') : domain
  return machine === null ? name : `${machine}\\${name}`
}
