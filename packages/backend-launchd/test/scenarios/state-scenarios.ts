import assert from 'node:assert/strict'
import {mkdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {build} from 'plist'
import {CHOSEN} from '../hostile-texts.js'
import {unholdableReason} from '../../dist/plist.js'
import {eventually, stays} from './eventually.js'
import type {Scenario} from './scenario.js'
import {type Gateway, PATIENCE, type Site} from './site.js'

const QUIET_MS = 3000

/** Has somebody load a job by the label of a gateway whose own job is not loaded. Gives its pid. */
async function loadOther(site: Site, {label, target}: Gateway): Promise<number> {
  const {mac, root} = site
  const directory = join(root, 'somebody-else')
  mkdirSync(directory)
  const path = join(directory, `${label}.plist`)
  const session = mac.domain.startsWith('user/') ? {LimitLoadToSessionType: 'Background'} : {}
  const keys = {Label: label, ProgramArguments: ['/bin/sleep', '1000'], RunAtLoad: true, KeepAlive: true, ...session}
  writeFileSync(path, build(keys), {mode: 0o644})
  await mac.launchctl('enable', target)
  // Somebody has no better luck than we have.
  await eventually('it is loaded', async () => (await mac.launchctl('bootstrap', mac.domain, path)).code === 0)
  await mac.launchctl('kickstart', target)
  return await eventually('the process of somebody else', async () => (await site.print({target} as Gateway))?.pid)
}

/** What its own words say of the process that is to be another's. */
function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Says no more of a text than a line holds. */
function assertSame(what: string, got: string | undefined, expected: string): void {
  const show = (text = 'nothing'): string => JSON.stringify(text).slice(0, 60)
  assert.ok(got === expected, `${what}: expected ${show(expected)}, got ${show(got)}`)
}

/** Gateways in states that somebody or something brought them into. */
export const STATE_SCENARIOS: readonly Scenario[] = [
  {
    name: 'parked',
    title: 'a gateway that exits with 78 is parked, and comes back when it is started',
    rounds: 1,
    async play(site) {
      const gateway = await site.running()
      gateway.witness.order({exitCode: 78})
      const row = await eventually('it is shown as failed', async () => {
        const found = await site.status(gateway)
        return found.state === 'failed' && found
      })
      assert.equal(row.lastExit?.code, 78)
      await stays('no other start', () => gateway.witness.starts().length === 1, QUIET_MS)
      await site.manager.start(gateway.profile, PATIENCE)
      await site.assertOne(gateway)
      return `no start within ${String(QUIET_MS / 1000)} s`
    },
  },
  {
    name: 'clean',
    title: 'a gateway that exits with 0 stays down, one that exits with 75 comes back',
    rounds: 1,
    async play(site) {
      const gateway = await site.running()
      const pid = await site.assertOne(gateway)
      gateway.witness.order({exitCode: 75})
      await site.another(gateway, pid)
      await site.assertOne(gateway)
      gateway.witness.order({exitCode: 0})
      await eventually('it is shown as stopped', async () => (await site.status(gateway)).state === 'stopped')
      await stays('no other start', () => gateway.witness.starts().length === 2, QUIET_MS)
      return `no start within ${String(QUIET_MS / 1000)} s after 0`
    },
  },
  {
    name: 'disabled',
    title: 'a gateway whose label somebody has disabled and unloaded is enabled by start',
    rounds: 1,
    async play(site) {
      const gateway = await site.running()
      await site.mac.launchctl('disable', gateway.target)
      await site.mac.launchctl('bootout', gateway.target)
      await eventually('it is gone', async () => (await site.print(gateway)) === null)
      assert.equal((await site.status(gateway)).wanted, 'down')
      await site.manager.start(gateway.profile, PATIENCE)
      await site.assertOne(gateway)
      assert.equal((await site.status(gateway)).wanted, 'up')
      return 'running, and wanted up'
    },
  },
  {
    name: 'taken',
    title: 'a label by which somebody has loaded another program is taken back by restart',
    rounds: 1,
    async play(site) {
      const gateway = site.gateway()
      await site.install(gateway, [], false)
      const other = await loadOther(site, gateway)
      await site.manager.restart(gateway.profile, PATIENCE)
      const pid = await site.assertOne(gateway)
      assert.notEqual(pid, other)
      assert.ok(!lives(other), 'expected the other program to be ended')
      return `bootstrap answered ${site.tally.answers('bootstrap')}`
    },
  },
  {
    name: 'unloaded',
    title: 'a job that somebody has unloaded is loaded by restart, and one whose file is gone is written by install',
    rounds: 1,
    async play(site) {
      const gateway = await site.running()
      await site.mac.launchctl('bootout', gateway.target)
      await eventually('it is gone', async () => (await site.print(gateway)) === null)
      await site.manager.restart(gateway.profile, PATIENCE)
      const pid = await site.assertOne(gateway)
      rmSync(join(site.mac.definitions, `${gateway.label}.plist`))
      assert.equal((await site.status(gateway)).pid, pid, 'expected the job without a file to be shown')
      await site.install(gateway)
      await site.assertOne(gateway)
      return 'running'
    },
  },
  {
    name: 'values',
    title: 'hostile values reach a gateway byte for byte, as arguments and in its environment',
    rounds: 1,
    async play(site) {
      const possible = CHOSEN.filter(text => !text.includes('\ufffd'))
      const words = possible.filter(text => unholdableReason(text) === null)
      const env = Object.fromEntries(possible.map((text, index) => [`HOSTILE_${String(index)}`, text]))
      const gateway = site.gateway({env})
      await site.install(gateway, words)
      await site.assertOne(gateway)
      const [start] = gateway.witness.starts()
      const got = start?.argv.slice(gateway.witness.argv.length) ?? []
      assert.equal(got.length, words.length)
      for (const [index, word] of words.entries()) assertSame(`argument ${String(index)}`, got[index], word)
      for (const [key, value] of Object.entries(env)) assertSame(key, start?.env[key], value)
      return `${String(words.length)} arguments, ${String(possible.length)} variables`
    },
  },
]
