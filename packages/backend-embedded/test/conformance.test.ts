import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import test from 'ava'
import {bootId, createHost} from '@hermes-svc/core'
import {conformance} from '@hermes-svc/core/conformance'
import {observeRunner} from '@hermes-svc/runner'
import {backend} from '../dist/index.js'
import {eventually, lives} from './embedded-fixture.js'

const PREFIX = 'embedded-conformance'
const module = new URL('../dist/index.js', import.meta.url).href

/** Ends everything as a power cut would, makes the states those of another boot, and does what the boot hook does. */
async function rebootRoot(root: string): Promise<void> {
  const gateways = join(root, 'hermes-svc', 'gateways')
  if (!existsSync(gateways)) return
  for (const profile of readdirSync(gateways).filter(name => !name.startsWith('.'))) {
    const directory = join(gateways, profile, 'embedded')
    const seen = observeRunner(directory)
    for (const pid of [seen?.runner?.pid, seen?.gateway?.pid]) {
      if (pid === undefined) continue
      process.kill(pid, 'SIGKILL')
      await eventually('it is gone', () => !lives(pid))
    }
    const path = join(directory, 'state.json')
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(bootId() ?? 'none', 'an-earlier-boot'))
  }
  const metadata = {
    contract: 1,
    kind: 'embedded',
    priority: 0,
    fallback: true,
    platforms: [process.platform],
    module: 'dist/index.js',
  }
  const packages = [
    {
      name: 'embedded',
      version: '0.0.0',
      root: fileURLToPath(new URL('..', import.meta.url)),
      source: 'bundled',
      metadata,
    },
  ] as const
  const {errors} = await createHost({packages, layers: [{source: 'test', data: {hermes: {root}}}]}).reconcile()
  if (errors.length > 0) throw new Error(errors.map(({message}) => message).join('; '))
}

conformance({
  backend,
  module,
  prefix: PREFIX,
  // Longer than a sample, a Node program, takes to come up on a busy machine.
  timing: {quietMs: 500, settleMs: 400, deadlineMs: 60_000},
  async reboot() {
    const mine = `${PREFIX}-${process.pid.toString(36)}-`
    for (const name of readdirSync(tmpdir()).filter(each => each.startsWith(mine)))
      await rebootRoot(join(tmpdir(), name))
  },
  test(title, run) {
    test(title, async t => {
      await t.notThrowsAsync(run)
    })
  },
})
