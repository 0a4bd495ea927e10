import test from 'ava'
import type {BackendPackage} from '@hermes-svc/core'
import {assertUsable} from '../../dist/plugins/assert-usable.js'

const metadata = {contract: 1, kind: 'x', priority: 60, platforms: ['linux'], module: './index.js'}
const facts = {name: 'backend-x', version: '1.0.0', isPlugin: true, backend: metadata}
const other = (fields: Partial<BackendPackage>): BackendPackage => {
  return {name: 'other', version: '1.0.0', root: '/other', source: 'installed', metadata, ...fields}
}
const on = (...packages: BackendPackage[]) => ({packages: () => packages, platform: 'linux' as const})

test('a backend of this contract and platform is usable, and so is a plugin without one', t => {
  t.notThrows(() => assertUsable(facts, on()))
  t.notThrows(() => assertUsable({...facts, backend: null}, on()))
})

test('its own earlier version, and a bundled package that it replaces, are no rivals', t => {
  t.notThrows(() => assertUsable(facts, on(other({name: 'backend-x'}))))
  const outdated = other({name: 'backend-x', metadata: {...metadata, contract: 0}})
  t.notThrows(() => assertUsable(facts, on(outdated)))
  t.notThrows(() => assertUsable(facts, on(other({name: 'backend-x', source: 'bundled'}))))
})

const refused: [title: string, change: object, code: string, message: RegExp][] = [
  ['of another contract', {contract: 2}, 'HSVC_UNSUPPORTED', /expected contract 1, got 2/],
  ['for other platforms', {platforms: ['plan9']}, 'HSVC_UNSUPPORTED', /plan9.* linux/],
  ['whose metadata has another shape', {priority: 'high'}, 'HSVC_UNSUPPORTED', /priority/],
]

for (const [title, change, code, message] of refused) {
  test(`a backend ${title} is refused`, t => {
    t.throws(() => assertUsable({...facts, backend: {...metadata, ...change}}, on()), {code, message})
  })
}

test('a package that is no plugin is refused', t => {
  t.throws(() => assertUsable({...facts, isPlugin: false}, on()), {code: 'HSVC_INVALID_SPEC', message: /"oclif"/})
})

test('a backend whose kind another package has is refused: it would not be used, and might take the other one down', t => {
  for (const source of ['bundled', 'installed', 'linked'] as const)
    t.throws(() => assertUsable(facts, on(other({source}))), {code: 'HSVC_ALREADY_EXISTS', message: /other/})
})
