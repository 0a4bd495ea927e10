import {existsSync} from 'node:fs'
import {dirname, join} from 'node:path'
import type {BackendContext, Detection, Evidence} from '@hermes-svc/core'
import {startupFolder, systemDirectory} from './windows-places.js'
import {parseSettings, type WindowsSettings} from './windows-settings.js'

function existence(fact: string, path: string): Evidence {
  return {fact, path, value: existsSync(path) ? 'yes' : 'no'}
}

/**
 * Never throws, spawns nothing, changes nothing. Either of the two ways to be started at logon is enough; a container or a Nano
 * Server has neither. Settings that do not hold count as available: the user meant Windows, and is told what is wrong
 * with them as soon as it is used.
 */
export function detectWindows(context: BackendContext): Detection {
  const {platform, env} = context
  const system: Evidence = {fact: 'operating system', path: null, value: platform}
  if (platform !== 'win32') return {presence: 'absent', evidence: [system], reason: 'tasks are a part of Windows'}
  let settings: WindowsSettings
  try {
    settings = parseSettings(context)
  } catch (error) {
    const {message} = error as Error
    return {presence: 'available', evidence: [system, {fact: 'settings are valid', path: null, value: message}]}
  }
  const directory = systemDirectory(env)
  const folder = startupFolder(context)
  const tasks = existence('schtasks is there', settings.schtasks ?? join(directory, 'schtasks.exe'))
  const scripts = existence('the script host is there', join(directory, 'wscript.exe'))
  const startup = folder === null ? [] : [existence('the account has a start menu', dirname(folder))]
  const evidence = [system, tasks, scripts, ...startup]
  if (scripts.value === 'yes' && [tasks, ...startup].some(({value}) => value === 'yes'))
    return {presence: 'available', scope: 'user', evidence}
  const reason = 'expected wscript, and schtasks or a Startup folder, to start gateways at logon; got neither'
  return {presence: 'absent', evidence, reason}
}
