import {accessSync, constants} from 'node:fs'
import type {BackendContext, Detection, Evidence} from '@hermes-svc/core'
import {parseSettings} from './launchd-settings.js'

function executable(path: string): string {
  try {
    accessSync(path, constants.X_OK)
    return 'yes'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'no'
  }
}

/**
 * Never throws, spawns nothing, changes nothing. launchd is process 1 of every Mac; whether it has a domain for the account
 * only launchctl knows, and each verb asks it. Settings that do not hold count as available: the user meant launchd, and is
 * told what is wrong with them as soon as it is used.
 */
export function detectLaunchd(context: BackendContext): Detection {
  const {platform, caller} = context
  const system: Evidence = {fact: 'operating system', path: null, value: platform}
  if (platform !== 'darwin') return {presence: 'absent', evidence: [system], reason: 'launchd is a part of macOS'}
  let launchctl
  try {
    launchctl = parseSettings(context).launchctl
  } catch (error) {
    const {message} = error as Error
    return {presence: 'available', evidence: [system, {fact: 'settings are valid', path: null, value: message}]}
  }
  const value = executable(launchctl)
  const evidence = [system, {fact: 'launchctl can be run', path: launchctl, value}]
  const scope = caller.uid === 0 ? 'system' : 'user'
  if (value === 'yes') return {presence: 'available', scope, evidence}
  const reason = `expected to be able to run ${launchctl}, got ${value}`
  const hint = 'macOS brings it; set backends.launchd.launchctl where it is elsewhere'
  return {presence: 'unreachable', scope, evidence, reason, hint}
}
