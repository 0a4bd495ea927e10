import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {ForeignGateway} from '@hermes-svc/core/conformance'
import {EXTENSIONS, renderLauncher} from '../dist/launcher.js'
import type {FakeWindows} from './fake-windows/fake-windows.js'
import {createTask, logonTrigger} from './fake-windows/fixture.js'
import {withoutEnabled} from './windows-fixture.js'

/** What makes any program of Node one of Hermes': it writes down who it is, and ends once a stop of it is announced. */
const AS_HERMES = `
const {readFileSync, rmSync, writeFileSync} = require('node:fs')
const {dirname, join} = require('node:path')
const home = dirname(__dirname)
const marker = join(home, '.gateway-planned-stop.json')
writeFileSync(join(home, 'gateway.pid'), JSON.stringify({pid: process.pid, kind: 'hermes-gateway'}))
setInterval(() => {
  try {
    if (JSON.parse(readFileSync(marker, 'utf8')).target_pid !== process.pid) return
  } catch {
    return
  }
  rmSync(marker)
  process.exit(0)
}, 20)
`

/** Hermes falls back to the Startup folder as we do. */
function mayMakeTasks({settings, faults}: FakeWindows): boolean {
  return !faults.hangs && !faults.denies.includes('create') && !settings.missing.includes('schtasks')
}

/** What Hermes itself installs for a profile: a launcher that does not wait, and a task or an entry of the Startup folder that runs it. */
export async function makeForeignGateway(
  fake: FakeWindows,
  root: string,
  profile: string,
  [program = '', ...args]: readonly string[],
): Promise<ForeignGateway> {
  const name = `Hermes_Gateway_${profile}`
  const marker = `somebody else's ${profile}`
  const home = join(root, 'profiles', profile)
  const scripts = join(home, 'gateway-service')
  mkdirSync(scripts, {recursive: true})
  writeFileSync(join(home, 'SOUL.md'), '')
  const hermes = join(scripts, 'hermes.cjs')
  writeFileSync(hermes, AS_HERMES)
  const engine = fake.settings.vbscript ? 'vbscript' : 'jscript'
  const spec = {title: marker, program: [program, '--require', hermes, ...args], required: [], waits: false}
  const text = renderLauncher(engine, spec)
  const launcher = join(scripts, `${name}${EXTENSIONS[engine]}`)
  writeFileSync(launcher, text)
  const entry = join(fake.places.startup, `${name}${EXTENSIONS[engine]}`)
  const isTask = mayMakeTasks(fake)
  const parts = {
    command: fake.pathOf('wscript'),
    args: `//B //Nologo "${launcher}"`,
    triggers: logonTrigger(fake),
    registration: `<Description>${marker}</Description>`,
  }
  if (!isTask) writeFileSync(entry, text)
  // Where schtasks fails for no reason, it does not fail twice.
  else await createTask(fake, name, parts).catch(() => createTask(fake, name, parts))
  const task = (): string => withoutEnabled(fake.task(name)?.xml)
  const made = task()
  return {
    marker,
    untouched() {
      const isWhole = isTask ? task() === made : existsSync(entry) && readFileSync(entry, 'utf8') === text
      return Promise.resolve(isWhole)
    },
    async remove() {
      rmSync(entry, {force: true})
      fake.removeTask(name)
      rmSync(home, {recursive: true, force: true})
      await Promise.resolve()
    },
  }
}
