import {join, resolve} from 'node:path'
import test from 'ava'
import {npmSpec, parsePluginRequest, type PluginRequest} from '../../dist/plugins/plugin-request.js'

const cwd = resolve('/work')
const here = (...parts: string[]) => join(cwd, ...parts)
const kinds = new Map<string, 'file' | 'directory'>([
  [here('x-1.0.0.tgz'), 'file'],
  [here('runit'), 'directory'],
  [here('org', 'repo'), 'directory'],
  [resolve('/a b.tgz'), 'file'],
  [cwd, 'directory'],
])
const places = {cwd, kindOf: (path: string) => kinds.get(path) ?? null}

const understood: [word: string, request: PluginRequest, spec?: string][] = [
  ['runit', {type: 'registry', name: 'runit', wanted: 'latest'}, 'runit@latest'],
  ['runit@1.2.0', {type: 'registry', name: 'runit', wanted: '1.2.0'}, 'runit@1.2.0'],
  ['runit@^1', {type: 'registry', name: 'runit', wanted: '^1'}],
  ['runit@', {type: 'registry', name: 'runit', wanted: 'latest'}],
  ['@me/runit', {type: 'registry', name: '@me/runit', wanted: 'latest'}],
  ['@me/runit@next', {type: 'registry', name: '@me/runit', wanted: 'next'}, '@me/runit@next'],
  ['x-1.0.0.tgz', {type: 'file', path: here('x-1.0.0.tgz')}, `file:${here('x-1.0.0.tgz')}`],
  ['./x-1.0.0.tgz', {type: 'file', path: here('x-1.0.0.tgz')}],
  ['file:x-1.0.0.tgz', {type: 'file', path: here('x-1.0.0.tgz')}],
  ['./runit', {type: 'directory', path: here('runit')}],
  ['.', {type: 'directory', path: cwd}],
  ['org/repo', {type: 'directory', path: here('org', 'repo')}],
  ['https://github.com/a/b', {type: 'address', address: 'https://github.com/a/b'}, 'https://github.com/a/b'],
  ['https://example.org/b.git#v1', {type: 'address', address: 'git+https://example.org/b.git#v1'}],
  ['git+ssh://git@example.org/b.git', {type: 'address', address: 'git+ssh://git@example.org/b.git'}],
  ['git@example.org:a/b', {type: 'address', address: 'git@example.org:a/b'}],
  ['github:a/b', {type: 'address', address: 'github:a/b'}],
]

for (const [word, request, spec] of understood) {
  test(`${word} is understood as a ${request.type}`, t => {
    t.deepEqual(parsePluginRequest(word, places), request)
    if (spec !== undefined) t.is(npmSpec(request), spec)
  })
}

test('an address of a file may be written as a URL', t => {
  if (process.platform === 'win32') return t.pass()
  t.deepEqual(parsePluginRequest('file:///a%20b.tgz', places), {type: 'file', path: '/a b.tgz'})
})

const refused: [word: string, hint: RegExp][] = [
  ['a/b', /https:\/\/github\.com\/a\/b/],
  ['./nothing', /nothing at/],
  ['nothing.tgz', /nothing at/],
  ['file:nothing', /nothing at/],
  ['npm:runit', /name the package itself/],
  ['Runit', /lower case/],
  ['hermes-svc', /updated as it was installed/],
  ['--prefix=/etc', /lower case|no such file/],
  ['', /lower case/],
]

for (const [word, hint] of refused) {
  test(`${JSON.stringify(word)} is refused, with what to do`, t => {
    const error = t.throws(() => parsePluginRequest(word, places), {code: 'HSVC_INVALID_SPEC'})
    t.regex((error as {hint?: string}).hint ?? '', hint)
  })
}

test('a package of the registry is not taken from a directory of its name that lies around', t => {
  t.deepEqual(parsePluginRequest('runit', places), {type: 'registry', name: 'runit', wanted: 'latest'})
})

test('a URL with a password is refused, and the password not repeated', t => {
  const error = t.throws(() => parsePluginRequest('https://me:s3cret@example.org/b.git', places))
  t.false(error.message.includes('s3cret'))
})
