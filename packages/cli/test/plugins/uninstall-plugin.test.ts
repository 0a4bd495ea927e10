import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {type GatewayRecord, type Host} from '@hermes-svc/core'
import {PluginDirectory} from '../../dist/plugins/plugin-directory.js'
import {uninstallPlugin} from '../../dist/plugins/uninstall-plugin.js'

/** A plugin with a backend of this kind, which holds one gateway. */
function fixture(t: ExecutionContext, name: string, kind: string) {
  const path = mkdtempSync(join(tmpdir(), 'hsvc-uninstall-'))
  t.teardown(() => rmSync(path, {recursive: true, force: true}))
  const directory = new PluginDirectory(path)
  const root = join(directory.addTree(name), 'node_modules', name)
  mkdirSync(root, {recursive: true})
  writeFileSync(join(root, 'package.json'), JSON.stringify({name, version: '1.0.0', hermesSvc: {backend: {kind}}}))
  directory.publish({name, type: 'user', root})
  const records = [{profile: 'coder', backend: kind}] as unknown as GatewayRecord[]
  const host = {records: {list: () => ({records, problems: []})}} as unknown as Pick<Host, 'records'>
  return {directory, host}
}

test('a plugin that holds gateways is kept, and the hint names them; by force it goes', t => {
  const {directory, host} = fixture(t, 'backend-x', 'x')
  const error = t.throws(() => uninstallPlugin('backend-x', {directory, host, force: false}), {
    code: 'HSVC_ALREADY_EXISTS',
  })
  t.regex((error as {hint?: string}).hint ?? '', /gateway uninstall coder/)
  t.is(directory.entries().length, 1)
  t.like(uninstallPlugin('backend-x', {directory, host, force: true}), {name: 'backend-x', version: '1.0.0'})
  t.is(directory.entries().length, 0)
})

test('a plugin in the place of a bundled backend may go: the bundled one holds its gateways then', t => {
  const {directory, host} = fixture(t, '@hermes-svc/backend-embedded', 'embedded')
  uninstallPlugin('@hermes-svc/backend-embedded', {directory, host, force: false})
  t.is(directory.entries().length, 0)
})

test('an unknown plugin is an error that names those that are there', t => {
  const {directory, host} = fixture(t, 'backend-x', 'x')
  t.throws(() => uninstallPlugin('backend-y', {directory, host, force: false}), {
    code: 'HSVC_INVALID_SPEC',
    message: /got "backend-y" \(have: backend-x\)/,
  })
})
