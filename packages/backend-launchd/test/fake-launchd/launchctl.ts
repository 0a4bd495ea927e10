import {type Answer, refuse} from './answer.js'
import {bootout} from './bootout.js'
import {bootstrap} from './bootstrap.js'
import {disable, enable, kickstart, kill} from './changing-subcommands.js'
import {load, remove, start, stop, submit, unload} from './legacy-subcommands.js'
import {list, managername, print, printDisabled} from './reading-subcommands.js'
import type {Invocation, Subcommand} from './subcommand.js'

const SUBCOMMANDS = new Map<string, Subcommand>([
  ['bootstrap', bootstrap],
  ['bootout', bootout],
  ['enable', enable],
  ['disable', disable],
  ['kickstart', kickstart],
  ['kill', kill],
  ['list', list],
  ['print', print],
  ['print-disabled', printDisabled],
  ['managername', managername],
  ['load', load],
  ['unload', unload],
  ['start', start],
  ['stop', stop],
  ['remove', remove],
  ['submit', submit],
])

/** Does what launchctl was called for. */
export async function runLaunchctl({args, ...rest}: Invocation): Promise<Answer> {
  const [name = '', ...others] = args
  const subcommand = SUBCOMMANDS.get(name)
  if (subcommand === undefined) return refuse(64, `Unrecognized subcommand: ${name}`, 'Usage: launchctl <subcommand> …')
  return subcommand({...rest, args: others})
}
