import {chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {examinePlugins} from '../../dist/discovery/examine-plugins.js'
import {detectServiceManager} from '../../dist/index.js'
import {Machine, packageRoot} from '../program.js'

const isRoot = process.geteuid?.() === 0
/** Files can be given to another account, and root's be made, by root only. */
const asRoot = isRoot ? test : test.skip
const SOMEBODY = 4711

interface DataDirectory {
  readonly data: string
  readonly linked: string
}

/** A data directory with one installed and one linked plugin. */
function dataDirectory(t: ExecutionContext): DataDirectory {
  const directory = mkdtempSync(join(tmpdir(), 'hsvc-data-'))
  t.teardown(() => {
    rmSync(directory, {recursive: true})
  })
  const data = join(directory, 'data')
  const linked = join(directory, 'linked')
  const installed = join(data, 'node_modules', 'one')
  for (const root of [installed, linked]) {
    mkdirSync(root, {recursive: true})
    writeFileSync(join(root, 'package.json'), '{"name": "one", "version": "1.0.0"}')
  }
  const plugins = [
    {name: 'one', type: 'user'},
    {name: 'two', type: 'link', root: linked},
  ]
  writeFileSync(join(data, 'package.json'), JSON.stringify({oclif: {plugins}}))
  return {data, linked}
}

function usableNames(data: string, uid: number | null): string[] {
  const {usable, warnings} = examinePlugins(data, uid)
  return [...usable.map(({name}) => name), ...warnings]
}

test('an account other than root loads its plugins whoever can write them', t => {
  const {data} = dataDirectory(t)
  chmodSync(data, 0o777)
  for (const uid of [1000, null]) t.deepEqual(usableNames(data, uid), ['one', 'two'])
})

asRoot('root loads plugins that are root’s alone (as root only: it gives files away)', t => {
  t.deepEqual(usableNames(dataDirectory(t).data, 0), ['one', 'two'])
})

for (const [what, spoil] of [
  ['the list', ({data}) => join(data, 'package.json')],
  ['the data directory', ({data}) => data],
  ['node_modules', ({data}) => join(data, 'node_modules')],
  ['an installed plugin', ({data}) => join(data, 'node_modules', 'one')],
  ['a linked plugin', ({linked}) => linked],
] as [string, (directory: DataDirectory) => string][]) {
  asRoot(`root loads no plugin when another account can replace ${what}, and says which place it is (as root only: it gives files away)`, t => {
    const directory = dataDirectory(t)
    const place = spoil(directory)
    for (const spoiled of [() => chownSync(place, SOMEBODY, SOMEBODY), () => chmodSync(place, 0o777)]) {
      spoiled()
      const {usable, warnings} = examinePlugins(directory.data, 0)
      t.deepEqual(usable, [])
      t.is(warnings.length, 1)
      t.true(warnings[0]?.includes(`accounts other than root can write ${place};`), warnings[0])
      chownSync(place, 0, 0)
    }
  })
} // prettier-ignore

test('where there are no plugins nothing is said, whoever owns the directory', t => {
  const machine = new Machine(t)
  chmodSync(machine.path('data'), 0o777)
  const nothing = {plugins: [], usable: [], warnings: []}
  t.deepEqual(examinePlugins(machine.path('data'), 0), nothing)
  t.deepEqual(examinePlugins(machine.path('nowhere'), 0), nothing)
  for (const contents of ['{}', '{"oclif": {}}', '{"oclif": {"plugins": []}}']) {
    writeFileSync(machine.path('data', 'package.json'), contents)
    t.deepEqual(examinePlugins(machine.path('data'), 0), nothing)
  }
})

asRoot('by sudo with the HOME of another account root uses the bundled backends, in the program as in the library (as root only: it gives files away)', async t => {
  const machine = new Machine(t)
  machine.link(join(packageRoot, 'test', 'fixtures', 'toy-backend'))
  chownSync(machine.path('data'), SOMEBODY, SOMEBODY)
  const {code, stdout} = await machine.run(['backend', 'list', '--json'])
  t.is(code, 0)
  const {candidates, warnings} = JSON.parse(stdout) as {candidates: {kind: string}[]; warnings: string[]}
  t.false(candidates.some(({kind}) => kind === 'toy'))
  t.regex(warnings[0] ?? '', /^the plugins in .* are ignored: accounts other than root can write/)
  const told: string[] = []
  Object.assign(process.env, machine.env)
  t.is(await detectServiceManager({warn: message => told.push(message)}), 'none')
  t.is(told[0], warnings[0])
}) // prettier-ignore
