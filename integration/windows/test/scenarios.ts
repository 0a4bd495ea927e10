import assert from 'node:assert/strict'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import type {GatewayStatus} from '@hermes-svc/core'
import {eventually} from '../../testing/dist/eventually.js'
import type {Site} from './site.js'

const QUIET_MS = 5000

/** Something that a user lives through, with the program as it is. */
export interface Scenario {
  readonly title: string
  readonly configuration?: object
  readonly play: (site: Site) => Promise<void>
}

async function status(site: Site): Promise<GatewayStatus> {
  return await site.gateway('status')
}

/** Does what the heartbeat does: has the task run, enabled or not. */
async function heartbeat({windows, service}: Site): Promise<void> {
  await windows.run('schtasks.exe', '/Run', '/TN', service)
  await delay(QUIET_MS)
}

async function kill({windows}: Site, pid: number | null): Promise<void> {
  const {code} = await windows.run('taskkill.exe', '/PID', String(pid), '/F')
  assert.equal(code, 0)
}

/** By what the runner wrote down. */
function runnerPid({root, profile}: Site): number | null {
  const file = join(root, 'hermes-svc', 'gateways', profile, 'windows', 'state.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as {runner: {pid: number} | null}).runner?.pid ?? null
}

const LIFE: Scenario = {
  title: 'a gateway lives from install to uninstall, is restarted when it dies, and stays down when it was stopped',
  async play(site) {
    const {witness, windows, service, profile} = site
    assert.equal((await site.ask('backend', 'detect')).backend, 'windows')
    const installed = await site.install()
    assert.equal(installed.state, 'running')
    assert.deepEqual(witness.alive(), [installed.pid])
    assert.equal((await windows.run('schtasks.exe', '/Query', '/TN', service)).code, 0)
    const [listed] = (await site.ask('gateway', 'list')).gateways ?? []
    assert.deepEqual([listed?.profile, listed?.service, listed?.autostart], [profile, service, true])
    await kill(site, installed.pid)
    const again = await eventually('it is restarted', async () => {
      const row = await status(site)
      return row.state === 'running' && row.pid !== installed.pid && row
    })
    assert.equal(again.restarts, 1)
    await site.gateway('stop')
    assert.deepEqual(witness.alive(), [])
    await heartbeat(site)
    await windows.run('schtasks.exe', '/Change', '/TN', service, '/ENABLE')
    await heartbeat(site)
    assert.deepEqual([(await status(site)).state, witness.alive()], ['stopped', []])
    await site.gateway('start')
    assert.equal(witness.alive().length, 1)
    await site.uninstall()
  },
}

const RUNNER_KILLED: Scenario = {
  title: 'a gateway whose runner was killed ends with it, and its task brings it back',
  async play(site) {
    const {pid} = await site.install()
    await site.witness.started()
    await kill(site, runnerPid(site))
    await eventually('the gateway has ended', () => !site.witness.alive().includes(pid ?? 0))
    assert.equal((await status(site)).wanted, 'up')
    await heartbeat(site)
    assert.equal((await status(site)).state, 'running')
    await site.uninstall()
  },
}

const NO_AUTOSTART: Scenario = {
  title: 'a gateway without autostart has a task without triggers, and runs when it is started',
  async play(site) {
    const row = await site.install('--no-autostart', '--no-start')
    assert.deepEqual([row.autostart, row.state], [false, 'stopped'])
    const {stdout} = await site.windows.run('schtasks.exe', '/Query', '/TN', site.service, '/XML')
    assert.ok(!stdout.toString('latin1').replaceAll('\0', '').includes('Trigger>'))
    assert.equal((await site.gateway('start')).state, 'running')
    await site.uninstall()
  },
}

const STARTUP: Scenario = {
  title: 'with the Startup folder there is an entry and no task, and the entry starts the gateway',
  configuration: {backends: {windows: {starter: 'startup'}}},
  async play(site) {
    const {windows, service, witness} = site
    await site.install()
    assert.notEqual((await windows.run('schtasks.exe', '/Query', '/TN', service)).code, 0)
    const entry = readdirSync(windows.startup).find(name => name.startsWith(`${service}.`)) ?? ''
    assert.ok(existsSync(join(windows.startup, entry)))
    await kill(site, runnerPid(site))
    await eventually('the gateway has ended', () => witness.alive().length === 0)
    const language = entry.endsWith('.js') ? ['//E:JScript'] : []
    await windows.run('wscript.exe', '//B', '//Nologo', ...language, join(windows.startup, entry))
    await eventually('it runs again', () => witness.alive().length === 1)
    await site.uninstall()
  },
}

/** Everything that is played. Nobody can log off and on again here. */
export const SCENARIOS: readonly Scenario[] = [LIFE, RUNNER_KILLED, NO_AUTOSTART, STARTUP]
