import {type BackendContext, type Problem, readRegularFile} from '@hermes-svc/core'
import {DefinitionStore} from '@hermes-svc/runner'
import {launcherPath} from './gateway-files.js'
import {launcherScript} from './plan-task.js'
import {readStarterNote} from './starter-note.js'
import {WindowsMachine} from './windows-machine.js'

function read(path: string): string | null {
  try {
    return readRegularFile(path)
  } catch {
    return null
  }
}

/** What is wrong with what starts gateways, as far as files tell: scripts that are of another installation, or gone. */
export function findProblems(kind: string, context: BackendContext): Problem[] {
  const machine = new WindowsMachine(context)
  const {run} = machine.writer
  const store = new DefinitionStore(kind, context.paths, machine.writer)
  return store.profiles().flatMap(profile => {
    const directory = store.directory(profile)
    if (run(() => readStarterNote(directory))?.starter !== 'task') return []
    const path = launcherPath(directory, machine.engine)
    const text = run(() => read(path))
    if (text === launcherScript(profile, directory, machine.engine, true)) return []
    const what =
      text === null ? `expected a script at ${path}, got nothing` : `${path} starts another installation of hermes-svc`
    const hint = `hermes-svc gateway install ${profile} writes it anew`
    return [{severity: text === null ? 'error' : 'warning', message: `${profile}: ${what}`, hint}]
  })
}
