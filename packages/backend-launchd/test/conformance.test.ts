import {readFileSync, rmSync, writeFileSync, mkdirSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {conformance} from '@hermes-svc/core/conformance'
import {renderPlist} from '../dist/plist.js'
import {FakeLaunchd} from './fake-launchd/fake-launchd.js'
import {backend, chooseMac} from './fake-mac.js'

const mac = await FakeLaunchd.start()
test.after.always(() => mac.remove())
chooseMac(mac)

/** An agent as Hermes itself would make it, defined and not loaded. */
function makeForeignAgent(profile: string, argv: readonly string[]) {
  const label = `ai.hermes.gateway-${profile}`
  const keys = {Label: label, ProgramArguments: argv, WorkingDirectory: '/', RunAtLoad: true, KeepAlive: true}
  const text = renderPlist(keys).replace('<dict>', `<dict><!-- somebody else's ${profile} -->`)
  const path = join(mac.agents, `${label}.plist`)
  mkdirSync(mac.agents, {recursive: true})
  writeFileSync(path, text, {mode: 0o644})
  return Promise.resolve({
    marker: `somebody else's ${profile}`,
    untouched: () => Promise.resolve(readFileSync(path, 'utf8') === text),
    remove() {
      mac.run('bootout', `gui/${String(process.getuid?.())}/${label}`)
      rmSync(path, {force: true})
      return Promise.resolve()
    },
  })
}

conformance({
  backend,
  module: new URL('fake-mac.js', import.meta.url).href,
  prefix: 'launchd-conformance',
  scope: 'user',
  timing: {quietMs: 300},
  repeat: 3,
  runsTools: true,
  reboot: () => mac.reboot(),
  foreign: makeForeignAgent,
  silence() {
    const end = mac.silence()
    return Promise.resolve(() => {
      end()
      return Promise.resolve()
    })
  },
  test(title, run) {
    test(title, async t => {
      await t.notThrowsAsync(run)
    })
  },
})
