import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import {pluginFacts} from '../../dist/plugins/plugin-facts.js'
import {parseTreeLock, type TreeLock} from '../../dist/plugins/tree-lock.js'
import {pluginSummary} from '../../dist/view/plugin-lines.js'
import {packageRoot} from '../program.js'

function fixture(name: string): string {
  return readFileSync(join(packageRoot, 'test', 'fixtures', 'npm-view', name), 'utf8')
}

const request = {type: 'registry', name: 'x', wanted: 'latest'} as const
const lock: TreeLock = {
  name: 'x',
  version: '1.0.0',
  integrity: 'sha512-x',
  resolved: 'https://me:s3cret@example.org/npm/x/-/x-1.0.0.tgz',
  dependencies: 0,
  scriptedDependencies: [],
}

test('the lock that npm writes tells name, version, digest, and which dependencies have install scripts', t => {
  t.like(parseTreeLock(fixture('scripts-lock.json')), {
    name: 'hermes-svc-backend-scripted',
    version: '1.0.0',
    dependencies: 1,
    scriptedDependencies: ['toy-dep'],
  })
})

test('a lock of a package without a usable name or version is refused', t => {
  for (const [name, locked] of [
    ['../x', {version: '1.0.0'}],
    ['x', {}],
  ] as const) {
    const packages = {'': {dependencies: {[name]: '*'}}, [`node_modules/${name}`]: locked}
    t.throws(() => parseTreeLock(JSON.stringify({packages})), {code: 'HSVC_UNEXPECTED_OUTPUT'})
  }
  t.throws(() => parseTreeLock('{}'), {code: 'HSVC_UNEXPECTED_OUTPUT'})
})

test('what a registry answers becomes facts: a backend with install scripts', t => {
  const facts = pluginFacts(request, parseTreeLock(fixture('scripts-lock.json')), JSON.parse(fixture('scripts.json')))
  t.like(facts, {
    name: 'hermes-svc-backend-scripted',
    version: '1.0.0',
    source: {type: 'registry', address: 'http://127.0.0.1:4873'},
    publisher: {account: null, provenance: false},
    scripts: [{phase: 'postinstall', command: 'node install.js'}],
    dependencies: {count: 1, withScripts: ['toy-dep']},
    backend: {kind: 'scripted', contract: 1},
    isPlugin: true,
  })
  t.truthy(facts.publisher?.publishedAt)
})

test('what a registry answers becomes facts: commands without a backend, whose scripts are of its author only', t => {
  const named = {...lock, name: '@oclif/plugin-version', version: '2.4.0'}
  const facts = pluginFacts(request, named, JSON.parse(fixture('commands.json')))
  t.like(facts, {
    backend: null,
    isPlugin: true,
    scripts: [],
    publisher: {publishedAt: '2026-08-28T06:41:19.184000+00:00'},
  })
  t.regex(pluginSummary(facts, null, false).join('\n'), /brings +commands or hooks, no backend/)
})

test('publisher, maintainers, attestation and deprecation are told, whether accounts are text or objects', t => {
  const view = {
    _npmUser: {name: 'alice', email: 'alice@example.org', trustedPublisher: {id: 'x'}},
    maintainers: ['bob <bob@example.org>', {name: 'carol'}],
    time: {'1.0.0': '2030-01-31T08:00:00.000Z'},
    dist: {attestations: {url: 'https://example.org', provenance: {predicateType: 'https://slsa.dev/provenance/v1'}}},
    deprecated: 'use y',
    gypfile: true,
  }
  const facts = pluginFacts(request, lock, view)
  t.deepEqual(facts.publisher, {
    account: 'alice <alice@example.org>',
    publishedAt: '2030-01-31T08:00:00.000Z',
    maintainers: ['bob <bob@example.org>', 'carol'],
    provenance: true,
  })
  t.deepEqual(facts.scripts, [{phase: 'install', command: 'node-gyp rebuild'}])
  const summary = pluginSummary(facts, '0.9.0', true).join('\n')
  t.regex(summary, /^x 1\.0\.0 \(now 0\.9\.0\)/)
  t.regex(summary, /published +2030-01-31 by alice <alice@example\.org>/)
  t.regex(summary, /provenance +the registry has an attestation/)
  t.regex(summary, /scripts +install: node-gyp rebuild — will be run/)
  t.regex(summary, /deprecated +use y/)
})

test('an address is shown without its credentials', t => {
  t.is(pluginFacts(request, lock, {}).source.address, 'https://example.org/npm')
})

test('text that would turn the writing round, hide, or scroll the rest away is shown without that', t => {
  const scripts = {postinstall: `x\u202e\u200b\u2066y${'z'.repeat(10_000)}`}
  const lines = pluginSummary(pluginFacts(request, lock, {scripts}), null, false)
  t.true(lines.every(text => text.length < 500))
  t.regex(lines.join('\n'), /postinstall: xyzzz/)
})

test('whatever a registry answers becomes facts, and printable lines', t => {
  fc.assert(
    fc.property(fc.object({withBigInt: false}), fc.string({unit: 'binary'}), (view, hostile) => {
      const bad = {...view, deprecated: `\u001b[2J${hostile}`, scripts: {install: hostile}, _npmUser: hostile}
      for (const text of pluginSummary(pluginFacts(request, lock, bad), hostile, false)) {
        // eslint-disable-next-line no-control-regex
        if (/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/.test(text)) return false
      }
      return true
    }),
  )
  t.pass()
})
