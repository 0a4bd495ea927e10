import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {PluginDirectory} from '../../dist/plugins/plugin-directory.js'

function directory(t: ExecutionContext): PluginDirectory {
  const path = mkdtempSync(join(tmpdir(), 'hsvc-plugins-'))
  t.teardown(() => rmSync(path, {recursive: true, force: true}))
  return new PluginDirectory(join(path, 'data'))
}

function installed(place: PluginDirectory, name: string, tag = 'latest'): string {
  const tree = place.addTree(name)
  const root = join(tree, 'node_modules', name)
  mkdirSync(root, {recursive: true})
  place.publish({name, type: 'user', root, tag})
  return tree
}

const {signal} = new AbortController()

test('a directory that is not there has no plugins, and reading it makes none', t => {
  const place = directory(t)
  t.deepEqual(place.entries(), [])
  t.false(existsSync(place.path))
})

test('an entry replaces the one of its name and leaves the others and what else the file says', async t => {
  const place = directory(t)
  mkdirSync(place.path)
  writeFileSync(join(place.path, 'package.json'), JSON.stringify({dependencies: {a: '1'}, oclif: {schema: 1}}))
  await place.change('test', signal, async () => {
    installed(place, '@me/a')
    installed(place, 'b')
    installed(place, '@me/a', 'next')
  })
  t.deepEqual(
    place.entries().map(({name, tag}) => [name, tag]),
    [
      ['b', 'latest'],
      ['@me/a', 'next'],
    ],
  )
  const file = join(place.path, 'package.json')
  t.like(JSON.parse(readFileSync(file, 'utf8')), {dependencies: {a: '1'}, oclif: {schema: 1}})
  t.is(statSync(file).mode & 0o777, 0o644)
})

test('sweeping removes trees that nothing names and no others', t => {
  const place = directory(t)
  const [first, second] = [installed(place, 'a'), installed(place, 'a')]
  const abandoned = place.addTree('killed')
  t.true(existsSync(first), 'what was replaced waits for the next change')
  place.sweep()
  t.deepEqual([first, second, abandoned].map(existsSync), [false, true, false])
})

test('removing takes the tree away, and of a linked plugin the entry only', t => {
  const place = directory(t)
  const tree = installed(place, 'a')
  const linked = join(place.path, 'elsewhere')
  mkdirSync(linked)
  place.publish({name: 'b', type: 'link', root: linked})
  for (const name of ['a', 'b', 'c']) place.remove(name)
  t.deepEqual([place.entries().length, existsSync(tree), existsSync(linked)], [0, false, true])
})

test('an entry that points out of the directory never makes something else be removed', t => {
  const place = directory(t)
  mkdirSync(join(place.path, 'precious'), {recursive: true})
  for (const root of [join(place.path, 'precious'), join(place.path, 'plugins'), place.path, '/']) {
    place.publish({name: 'a', type: 'user', root})
    t.is(place.treeOf({name: 'a', type: 'user', root}), null)
    place.remove('a')
  }
  t.deepEqual(readdirSync(place.path).sort(), ['package.json', 'precious'])
})

test('a file that is no JSON is refused, not overwritten', t => {
  const place = directory(t)
  mkdirSync(place.path)
  writeFileSync(join(place.path, 'package.json'), '{')
  t.throws(() => place.publish({name: 'a', type: 'link', root: '/a'}), {code: 'HSVC_UNEXPECTED_OUTPUT'})
  t.is(readFileSync(join(place.path, 'package.json'), 'utf8'), '{')
})

test('of two changes at once one waits for the other', async t => {
  const place = directory(t)
  const seen: string[] = []
  const change = (name: string) =>
    place.change(name, signal, async () => {
      seen.push(`${name} begins`)
      await new Promise(resolve => setImmediate(resolve))
      seen.push(`${name} ends`)
    })
  await Promise.all([change('one'), change('other')])
  t.is(seen[0]?.split(' ')[0], seen[1]?.split(' ')[0])
  t.is(seen.length, 4)
})

const asRoot = process.getuid?.() === 0 ? test : test.skip

asRoot(
  'root installs nothing where another account could replace it, and makes nothing there (needs root)',
  async t => {
    const place = directory(t)
    chownSync(join(place.path, '..'), 65_534, 65_534)
    const action = () => Promise.reject(new Error('expected no change'))
    await t.throwsAsync(place.change('test', signal, action), {code: 'HSVC_PERMISSION_DENIED'})
    t.false(existsSync(place.path))
  },
)
