import {existsSync, readFileSync, rmSync} from 'node:fs'
import test from 'ava'
import {conformance} from '@hermes-svc/core/conformance'
import {backend} from '../dist/index.js'
import {quoteArgument} from '../dist/unit-words.js'
import {UserManager, whyNoUserManager} from './user-manager.js'

/** A unit as Hermes itself would make it, loaded and not running. */
function makeForeignUnit(manager: UserManager, profile: string, argv: readonly string[]) {
  const marker = `somebody else's ${profile}`
  const text = [
    '[Unit]',
    `Description=${marker}`,
    '[Service]',
    `ExecStart=${argv.map(quoteArgument).join(' ')}`,
    'Restart=always',
    'RestartSec=5',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n')
  const path = manager.writeUnit(`hermes-gateway-${profile}.service`, text)
  manager.systemctl('daemon-reload')
  return Promise.resolve({
    marker,
    untouched: () => Promise.resolve(readFileSync(path, 'utf8') === text),
    remove() {
      rmSync(path, {force: true})
      manager.systemctl('daemon-reload')
      return Promise.resolve()
    },
  })
}

/** What the backend would take for the test's: root's manager on a machine that systemd booted, and its journal. */
const OTHERS = ['/run/systemd/private', '/run/systemd/journal/stdout']
const whyNot =
  whyNoUserManager === '' && OTHERS.some(path => existsSync(path))
    ? 'needs a machine without systemd of its own'
    : whyNoUserManager

if (whyNot === '') {
  const manager = await new UserManager().start()
  test.after.always(() => manager.remove())
  // Of this process, because installs that are killed are made in others, which inherit it.
  process.env['XDG_RUNTIME_DIR'] = manager.runtimeDirectory

  conformance({
    backend,
    module: new URL('../dist/index.js', import.meta.url).href,
    prefix: 'systemd-conformance',
    scope: 'user',
    timing: {quietMs: 300, deadlineMs: 60_000},
    repeat: 3,
    reboot: () => manager.reboot(),
    foreign: (profile, argv) => makeForeignUnit(manager, profile, argv),
    // A connection that was made before would go on where its socket is only moved away.
    async silence() {
      await manager.stop()
      return async () => {
        await manager.start()
      }
    },
    test(title, run) {
      test(title, async t => {
        await t.notThrowsAsync(run)
      })
    },
  })
} else {
  test.skip(`conformance on a real systemd --user (skipped: ${whyNot})`, () => undefined)
}
