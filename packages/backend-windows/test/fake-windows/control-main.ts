// What FakeWindows does, for a machine of Wine: `control-main.js STATE make SETTINGS|boot|tick|tasks|faults CHANGES`, with
// JSON for the last words and as output.
import {mkdirSync} from 'node:fs'
import {changeFaults, type Faults} from './faults.js'
import {writeJson} from './json-files.js'
import {Machine, type MachineFile} from './machine.js'
import {boot, logOn, tick} from './session.js'
import {completeSettings, type FakeWindowsOptions} from './settings.js'
import {viewTasks} from './task-view.js'

const [, , directory = '', verb = '', text = '{}'] = process.argv
const machine = new Machine(directory)

function make(options: FakeWindowsOptions): void {
  for (const path of [machine.files.tasks, machine.files.runs]) mkdirSync(path, {recursive: true})
  const file: MachineFile = {...completeSettings(options), environment: null}
  writeJson(machine.files.settings, file)
  changeFaults(machine.files.faults, options.faults ?? {})
}

const VERBS: Readonly<Record<string, () => unknown>> = {
  make: () => make(JSON.parse(text) as FakeWindowsOptions),
  // Processes are gone and their numbers are given to others.
  boot: () => {
    boot(machine)
    return logOn(machine)
  },
  tick: () => tick(machine),
  tasks: () => viewTasks(machine),
  faults: () => changeFaults(machine.files.faults, JSON.parse(text) as Partial<Faults>),
}

const result = await VERBS[verb]?.()
process.stdout.write(`${JSON.stringify(result ?? null)}\n`)
