import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import anyTest, {type ExecutionContext} from 'ava'
import {createHost, type Host} from '@hermes-svc/core'
import {hasS6, S6Scandir} from './s6-scandir.js'

/** More than are worked on at a time. */
const COUNT = 12

const metadata = {contract: 1, kind: 's6', priority: 100, platforms: ['linux'], module: 'dist/index.js'}
const root = fileURLToPath(new URL('..', import.meta.url))
const packages = [{name: 's6', version: '0.0.0', root, source: 'bundled', metadata}] as const

function test(title: string, run: (t: ExecutionContext) => Promise<void>): void {
  if (hasS6) anyTest(title, run)
  else anyTest.skip(`${title} (skipped: needs s6)`, run)
}

/** A slot as Hermes' own boot hook makes it, which nobody has told s6-svscan of. */
function makeSlot(scandir: S6Scandir, profile: string, run: string, isDown: boolean): void {
  const staged = join(scandir.path, `.${profile}`)
  mkdirSync(staged)
  writeFileSync(join(staged, 'run'), `#!/bin/sh\n${run}\n`, {mode: 0o755})
  if (isDown) writeFileSync(join(staged, 'down'), '')
  renameSync(staged, join(scandir.path, `gateway-${profile}`))
}

test('after a boot no gateway runs by a slot that somebody else made of it before it is taken back', async t => {
  const home = mkdtempSync(join(tmpdir(), 's6-reconcile-'))
  t.teardown(() => rmSync(home, {recursive: true, force: true}))
  const profiles = Array.from({length: COUNT}, (_, index) => `coder-${String(index)}`)
  const witness = join(home, 'witness')
  const argv = (who: string) => ['/bin/sh', '-c', `echo '${who}' >>'${witness}'; exec sleep 1000`]
  const witnessed = () => readFileSync(witness, 'utf8').trim().split('\n').sort()

  const before = await new S6Scandir().start()
  t.teardown(() => before.remove())
  const hostOn = (scandir: S6Scandir): Host => {
    const data = {
      backend: 's6',
      hermes: {root: home},
      backends: {s6: {scandir: scandir.path}},
      start: {settle: '300ms'},
      stop: {timeout: '1s'},
    }
    return createHost({packages, layers: [{source: 'test', data}]})
  }
  const manager = await hostOn(before).manager()
  for (const profile of profiles) await manager.install({profile, argv: argv(profile)})
  await manager.stop('coder-0')
  await before.stop()
  t.deepEqual(witnessed(), [...profiles].sort())

  const after = await new S6Scandir().start()
  t.teardown(() => after.remove())
  for (const profile of profiles) {
    makeSlot(after, profile, `echo 'foreign ${profile}' >>'${witness}'; exec sleep 1000`, profile === 'coder-1')
  }
  appendFileSync(witness, 'boot\n')
  const {actions, errors} = await hostOn(after).reconcile()
  t.deepEqual(errors, [])
  t.deepEqual(witnessed(), ['boot', ...profiles, ...profiles.filter(profile => profile !== 'coder-0')].sort())
  for (const {profile, reason} of actions) {
    t.true(reason.startsWith('its definition was made by somebody else; the record says that it is ours'), reason)
    t.true(existsSync(join(home, 'hermes-svc', 'gateways', profile, 's6')), 'it is kept')
  }
  t.is(actions.length, COUNT)
})
