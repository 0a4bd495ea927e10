import {rmSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {backend} from '../dist/index.js'
import {windowsTest as test} from './windows-fixture.js'

test('Windows with tasks or a start menu is available, and says what it saw', async (t, fixture) => {
  const {context, fake} = fixture
  const {presence, scope, evidence} = await backend.detect(context)
  t.deepEqual([presence, scope], ['available', 'user'])
  t.deepEqual(
    evidence.map(({value}) => value),
    ['win32', 'yes', 'yes', 'yes'],
  )
  fake.removeTool('schtasks')
  t.is((await backend.detect(context)).presence, 'available')
  rmSync(dirname(fake.places.startup), {recursive: true})
  t.is((await backend.detect(context)).presence, 'absent')
})

test('a Windows without a script host, and what is no Windows, has nothing to start gateways with', async (t, fixture) => {
  const {context, fake} = fixture
  t.is((await backend.detect({...context, platform: 'linux'})).presence, 'absent')
  fake.removeTool('wscript')
  const {presence, reason} = await backend.detect(context)
  t.is(presence, 'absent')
  t.truthy(reason)
})

test('settings that do not hold are told when it is used, and detection takes none for granted', async (t, fixture) => {
  const faulty: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{schtasks: 'schtasks.exe'}, /^backends\.windows\.schtasks: expected an absolute path, got "schtasks\.exe"/],
    [{starter: 'service'}, /^backends\.windows\.starter: expected task or startup, got "service"/],
    [{toString: 1}, /^backends\.windows\.toString: expected one of the keys schtasks, starter, got another key/],
  ]
  for (const [configuration, message] of faulty) {
    const context = {...fixture.context, configuration}
    t.throws(() => backend.create(context), {code: 'HSVC_CONFIG_INVALID', message})
    t.is((await backend.detect(context)).presence, 'available')
  }
})

test('doctor hears of a launcher that is gone, or of another installation', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  t.deepEqual(await backend.examine?.(fixture.context), [])
  rmSync(join(fixture.own(), 'launcher.vbs'))
  t.like(await backend.examine?.(fixture.context), [
    {severity: 'error', hint: 'hermes-svc gateway install coder writes it anew'},
  ])
})
