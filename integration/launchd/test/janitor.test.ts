import {spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, readdirSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {build} from 'plist'
import {fakeTest} from '../../../packages/backend-launchd/dist-test/fake-launchd/fixture.js'
import {startFakeMac} from '../../../packages/backend-launchd/dist-test/scenarios/fake-mac.js'
import {eventually} from '../../testing/dist/eventually.js'
import {lookAround} from './surroundings.js'

const OPENER = new URL('../../../packages/backend-launchd/dist-test/scenarios/fake-mac.js', import.meta.url).href
const LOADED = 'ai.hermes-svc.hsvc-mac_left'
const DISABLED = 'ai.hermes.gateway-hsvc-mac-1'
const OTHER = 'ai.hermes-svc.coder'
const ROTATION = 'ai.hermes-svc-logs.0123456789ab'
const OTHERS_ROTATION = 'ai.hermes-svc-logs.ba9876543210'

fakeTest('what a run has made is removed when it is killed, and nothing else is', async t => {
  const {mac, place, launchd} = await startFakeMac('user')
  t.teardown(() => launchd.remove())
  const directory = mkdtempSync(join(tmpdir(), 'hm-'))
  const define = (label: string): string => {
    const path = join(mac.definitions, `${label}.plist`)
    const keys = {Label: label, ProgramArguments: ['/bin/sleep', '1000'], RunAtLoad: true, KeepAlive: true}
    writeFileSync(path, build(keys), {mode: 0o644})
    return path
  }
  for (const label of [OTHER, OTHERS_ROTATION, ROTATION, LOADED])
    await mac.launchctl('bootstrap', mac.domain, define(label))
  define(DISABLED)
  const staged = join(mac.definitions, `.staging-${LOADED}.plist.0123456789ab`)
  writeFileSync(staged, '')
  for (const label of [OTHER, DISABLED]) await mac.launchctl('disable', `${mac.domain}/${label}`)
  const janitor = new URL('janitor.js', import.meta.url).href
  const killed = `
    import {Janitor} from ${JSON.stringify(janitor)}
    new Janitor(${JSON.stringify({module: OPENER, place})}, ${JSON.stringify(directory)}, ${JSON.stringify([OTHERS_ROTATION])})
    process.kill(process.pid, 'SIGKILL')`
  const {signal, stderr} = spawnSync(process.execPath, ['--input-type=module', '-e', killed], {encoding: 'utf8'})
  t.is(signal, 'SIGKILL', stderr)
  await eventually('it has cleaned up', () => !existsSync(directory))
  t.deepEqual(
    launchd.jobs().map(({label}) => label),
    [OTHER, OTHERS_ROTATION],
  )
  t.deepEqual(readdirSync(mac.definitions).sort(), [`${OTHERS_ROTATION}.plist`, `${OTHER}.plist`])
  const {stdout} = await mac.launchctl('print-disabled', mac.domain)
  t.regex(stdout, new RegExp(`"${DISABLED}" => enabled`))
  t.regex(stdout, new RegExp(`"${OTHER}" => disabled`))
})

fakeTest('what is not ours is seen to have changed', async t => {
  const {mac, launchd} = await startFakeMac('user')
  t.teardown(() => launchd.remove())
  const path = join(mac.definitions, `${OTHER}.plist`)
  const keys = {Label: OTHER, ProgramArguments: ['/bin/sleep', '1000'], RunAtLoad: true}
  const seen = new Set<string>()
  const look = async (): Promise<void> => {
    seen.add(JSON.stringify(await lookAround(mac)))
  }
  await look()
  writeFileSync(path, build(keys), {mode: 0o644})
  await look()
  await mac.launchctl('bootstrap', mac.domain, path)
  await look()
  writeFileSync(path, build({...keys, KeepAlive: true}))
  await look()
  await mac.launchctl('disable', `${mac.domain}/${OTHER}`)
  await look()
  t.is(seen.size, 5)
})
