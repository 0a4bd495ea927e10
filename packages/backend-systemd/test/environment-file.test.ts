import test from 'ava'
import fc from 'fast-check'
import {parseEnvironmentHeader, renderEnvironmentFile} from '../dist/environment-file.js'

const HEADER = {specHash: 'ab12', port: 8642}

test('the values stand in quotes, sorted by name, after a header', t => {
  t.is(
    renderEnvironmentFile({ZED: '1', ABLE: '', _x: 'a b'}, HEADER),
    '# hermes-svc {"specHash":"ab12","port":8642}\nABLE=""\nZED="1"\n_x="a b"\n',
  )
})

test('only quotes and backslashes are escaped', t => {
  const line = (value: string): string => renderEnvironmentFile({K: value}, HEADER).split('\n').slice(1, -1).join('\n')
  t.is(line('say "hi" \\ it\'s'), 'K="say \\"hi\\" \\\\ it\'s"')
  t.is(line('$HOME `id` %h # ;'), 'K="$HOME `id` %h # ;"')
  t.is(line('a\nINJECTED=1\r\n'), 'K="a\nINJECTED=1\r\n"')
  t.is(line('ends\\'), 'K="ends\\\\"')
})

test('the order of the environment makes no difference', t => {
  const one = renderEnvironmentFile({A: '1', B: '2', a: '3'}, HEADER)
  t.is(renderEnvironmentFile({a: '3', B: '2', A: '1'}, HEADER), one)
})

test('the header is read back from any file that was rendered', t => {
  const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/)
  const header = fc.record({
    specHash: fc.stringMatching(/^[0-9a-f]{32}$/),
    port: fc.option(fc.integer({min: 1, max: 65_535})),
  })
  fc.assert(
    fc.property(fc.dictionary(key, fc.string({unit: 'binary'})), header, (env, told) => {
      t.deepEqual(parseEnvironmentHeader(renderEnvironmentFile(env, told)), told)
    }),
  )
})

test('a file without a header of ours says nothing', t => {
  const begin = '# hermes-svc '
  const others = ['', 'A=1\n', '# a comment\n', 'A=1\n# hermes-svc {"specHash":"ab12"}\n', begin, `${begin}{`]
  for (const text of [...others, `${begin}null`, `${begin}7`, `${begin}[]`, `${begin}{}`, `${begin}{"specHash":7}`])
    t.is(parseEnvironmentHeader(text), null, text)
})

test('a header with something else for a port is one without', t => {
  for (const text of ['{"specHash":"ab"}', '{"specHash":"ab","port":"80"}', '{"specHash":"ab","port":null,"more":1}'])
    t.deepEqual(parseEnvironmentHeader(`# hermes-svc ${text}\n`), {specHash: 'ab', port: null})
})
