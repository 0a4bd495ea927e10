import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import test from 'ava'
import {createHost} from '@hermes-svc/core'
import {conformance} from '@hermes-svc/core/conformance'
import {backend} from '../dist/index.js'
import {quoteWords} from '../dist/shell-words.js'
import {eventually, hasS6, isSupervised, S6Scandir} from './s6-scandir.js'

const metadata = {contract: 1, kind: 's6', priority: 100, platforms: ['linux'], module: 'dist/index.js'}
const root = fileURLToPath(new URL('..', import.meta.url))
const packages = [{name: 's6', version: '0.0.0', root, source: 'bundled', metadata}] as const

/** The container is recreated over the same profile root, and its boot hook is run. */
async function recreate(scandir: S6Scandir, home: string): Promise<void> {
  await scandir.stop()
  for (const name of readdirSync(scandir.path)) rmSync(join(scandir.path, name), {recursive: true})
  await scandir.start()
  const data = {backend: 's6', hermes: {root: home}, backends: {s6: {scandir: scandir.path}}}
  const {errors} = await createHost({packages, layers: [{source: 'test', data}]}).reconcile()
  if (errors.length > 0) throw new Error(errors.map(({message}) => message).join('; '))
}

/** A slot as somebody else would make it, down. */
async function makeForeignSlot(scandir: S6Scandir, profile: string, argv: readonly string[]) {
  const [staged, slot] = [join(scandir.path, `.${profile}`), join(scandir.path, `gateway-${profile}`)]
  const marker = `somebody else's ${profile}`
  const run = `#!/bin/sh\n# ${marker}\nexec ${quoteWords(argv)}\n`
  mkdirSync(staged)
  writeFileSync(join(staged, 'run'), run)
  chmodSync(join(staged, 'run'), 0o755)
  writeFileSync(join(staged, 'down'), '')
  renameSync(staged, slot)
  scandir.rescan()
  await eventually('it is supervised', () => isSupervised(slot))
  const own = ['event', 'supervise']
  return {
    marker,
    untouched: () => {
      const names = readdirSync(slot).filter(name => !own.includes(name))
      return Promise.resolve(names.sort().join() === 'down,run' && readFileSync(join(slot, 'run'), 'utf8') === run)
    },
    async remove() {
      if (existsSync(slot)) await scandir.removeService(`gateway-${profile}`)
    },
  }
}

if (hasS6) {
  const scandir = await new S6Scandir().start()
  test.after.always(() => scandir.remove())

  conformance({
    backend,
    module: new URL('../dist/index.js', import.meta.url).href,
    prefix: 's6-conformance',
    context: {configuration: {scandir: scandir.path}},
    // Longer than a sample, a Node program, takes to come up on a busy machine.
    timing: {quietMs: 500, settleMs: 400, deadlineMs: 60_000},
    reboot: home => recreate(scandir, home),
    foreign: (profile, argv) => makeForeignSlot(scandir, profile, argv),
    silence() {
      renameSync(scandir.path, `${scandir.path}.away`)
      return Promise.resolve(() => {
        renameSync(`${scandir.path}.away`, scandir.path)
        return Promise.resolve()
      })
    },
    test(title, run) {
      test(title, async t => {
        await t.notThrowsAsync(run)
      })
    },
  })
} else {
  test.skip('conformance on a real s6-svscan (skipped: needs s6)', () => undefined)
}
