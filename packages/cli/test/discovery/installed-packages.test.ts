import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {dataDirectory, installedBackendPackages, userPlugins} from '../../dist/discovery/installed-packages.js'
import {findPackage, mergeOptionalDependencies} from '../../dist/discovery/optional-dependencies.js'

const metadata = {contract: 1, kind: 's6'}

function tree(t: ExecutionContext, packages: Record<string, object>): string {
  const directory = mkdtempSync(join(tmpdir(), 'hsvc-tree-'))
  t.teardown(() => {
    rmSync(directory, {recursive: true})
  })
  for (const [path, contents] of Object.entries(packages)) {
    mkdirSync(join(directory, path), {recursive: true})
    writeFileSync(join(directory, path, 'package.json'), JSON.stringify(contents))
  }
  return directory
}

test('a package is found in the node_modules of any directory above, without being loaded', t => {
  const root = tree(t, {'node_modules/@a/b': {}, 'x/y/node_modules/c': {}})
  t.is(findPackage('@a/b', join(root, 'x', 'y')), join(root, 'node_modules/@a/b'))
  t.is(findPackage('c', join(root, 'x', 'y')), join(root, 'x/y/node_modules/c'))
  t.is(findPackage('c', root), null)
})

test('optional dependencies that are installed count as dependencies, the others are not mentioned', t => {
  const root = tree(t, {'node_modules/there': {}})
  const packageJson = {dependencies: {a: '1'}, optionalDependencies: {there: '2', missing: '3'}}
  t.deepEqual(mergeOptionalDependencies(packageJson, root).dependencies, {a: '1', there: '2'})
})

test('the data directory follows the rules of oclif', t => {
  t.is(dataDirectory({HERMES_SVC_DATA_DIR: '/d', XDG_DATA_HOME: '/x'}, 'linux', '/h'), '/d')
  t.is(dataDirectory({XDG_DATA_HOME: '/x'}, 'linux', '/h'), join('/x', 'hermes-svc'))
  t.is(dataDirectory({LOCALAPPDATA: '/l'}, 'win32', '/h'), join('/l', 'hermes-svc'))
  t.is(dataDirectory({LOCALAPPDATA: '/l'}, 'linux', '/h'), join('/h', '.local', 'share', 'hermes-svc'))
})

test('installed and linked backends are found without oclif and go before bundled ones of their name', t => {
  const data = tree(t, {
    '.': {
      oclif: {plugins: [
        {name: 'mine', type: 'user'},
        {name: 'linked', type: 'link', root: '/nowhere'},
        {name: '@hermes-svc/backend-s6', type: 'user'},
        {name: 'not-a-backend', type: 'user'},
        {name: 'gone', type: 'user'},
      ]},
    },
    'node_modules/mine': {name: 'mine', version: '2.0.0', hermesSvc: {backend: metadata}},
    'node_modules/@hermes-svc/backend-s6': {name: '@hermes-svc/backend-s6', version: '9.0.0', hermesSvc: {backend: metadata}},
    'node_modules/not-a-backend': {name: 'not-a-backend', version: '1.0.0'},
  }) // prettier-ignore
  const root = tree(t, {
    '.': {
      dependencies: {other: '1'},
      optionalDependencies: {'@hermes-svc/backend-s6': '1', '@hermes-svc/backend-x': '1'},
    },
    'node_modules/@hermes-svc/backend-s6': {
      name: '@hermes-svc/backend-s6',
      version: '1.0.0',
      hermesSvc: {backend: metadata},
    },
    'node_modules/other': {name: 'other', version: '1.0.0'},
  })
  const found = installedBackendPackages(userPlugins(data), root)
  t.deepEqual(
    found.map(({name, version, source}) => [name, version, source]),
    [
      ['mine', '2.0.0', 'installed'],
      ['@hermes-svc/backend-s6', '9.0.0', 'installed'],
    ],
  )
  t.deepEqual(found[0]?.metadata, metadata)
})

test('an installed plugin whose entry says where it is is found there', t => {
  const place = tree(t, {
    'plugins/x/node_modules/mine': {name: 'mine', version: '2.0.0', hermesSvc: {backend: metadata}},
  })
  const root = join(place, 'plugins/x/node_modules/mine')
  const data = tree(t, {'.': {oclif: {plugins: [{name: 'mine', type: 'user', root}]}}})
  t.like(installedBackendPackages(userPlugins(data), place), [
    {name: 'mine', version: '2.0.0', root, source: 'installed'},
  ])
})

test('a data directory that is missing or broken leaves the bundled backends', t => {
  const root = tree(t, {
    '.': {optionalDependencies: {'backend-b': '1'}},
    'node_modules/backend-b': {name: 'backend-b', version: '1.0.0', hermesSvc: {backend: metadata}},
  })
  writeFileSync(join(root, 'broken'), '')
  for (const data of [join(root, 'no'), join(root, 'broken')]) {
    t.deepEqual(
      installedBackendPackages(userPlugins(data), root).map(({name, source}) => [name, source]),
      [['backend-b', 'bundled']],
    )
  }
})

test('a linked plugin is one of the developer’s own', t => {
  const place = tree(t, {plugin: {name: 'mine', version: '2.0.0', hermesSvc: {backend: metadata}}})
  const root = join(place, 'plugin')
  const data = tree(t, {'.': {oclif: {plugins: [{name: 'mine', type: 'link', root}]}}})
  t.like(installedBackendPackages(userPlugins(data), place), [{name: 'mine', root, source: 'linked'}])
})
