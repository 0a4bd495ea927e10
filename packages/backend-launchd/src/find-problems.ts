import {statSync} from 'node:fs'
import type {BackendContext, Problem} from '@hermes-svc/core'
import {type JobDefinition, profilesOf, readDefinitions} from './job-definitions.js'
import {MACHINE_PLACES, type MachinePlaces} from './job-paths.js'
import {LaunchdMachine} from './launchd-machine.js'
import type {LaunchdScope} from './launchd-scope.js'

const WRITABLE_BY_OTHERS = 0o022

/** launchd loads nothing that others than the domain's account could have written (launchd.plist(5)). */
function refusedFile({label, path, profile}: JobDefinition, {scope, writer}: LaunchdScope): Problem[] {
  const stats = writer.run(() => statSync(path, {throwIfNoEntry: false}))
  if (stats === undefined) return []
  const owner = scope === 'system' ? 0 : writer.uid
  const wrongs = [
    ...(stats.uid === owner ? [] : [`expected uid ${String(owner)} to own it, got ${String(stats.uid)}`]),
    ...((stats.mode & WRITABLE_BY_OTHERS) === 0
      ? []
      : [`expected nobody else to write it, got mode 0${(stats.mode & 0o777).toString(8)}`]),
  ]
  return wrongs.map(wrong => ({
    severity: 'error',
    message: `launchd does not load ${label} from ${path}: ${wrong}`,
    hint: `hermes-svc gateway install ${profile} --force writes it anew`,
  }))
}

/** What is wrong with launchd itself for the gateways of this root, as far as files tell. */
export function findProblems(context: BackendContext, places: MachinePlaces = MACHINE_PLACES): Problem[] {
  const machine = new LaunchdMachine(context, places)
  return machine.scopes.flatMap(scope => {
    const {place, writer} = scope
    const definitions = writer.run(() => readDefinitions(place, profilesOf(place), () => undefined))
    return definitions.filter(({marker}) => marker !== null).flatMap(each => refusedFile(each, scope))
  })
}
