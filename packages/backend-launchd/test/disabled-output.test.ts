import test from 'ava'
import fc from 'fast-check'
import {parseDisabledOutput} from '../dist/disabled-output.js'
import {hostileText} from './hostile-texts.js'

const NEW = [
  '\tenabled services = {',
  '\t\t"ai.hermes-svc.reader" => enabled',
  '\t}',
  '\tdisabled services = {',
  '\t\t"com.apple.ManagedClientAgent.enrollagent" => disabled',
  '\t\t"ai.hermes-svc.coder" => disabled',
  '\t\t"ai.hermes-svc.helper" => enabled',
  '\t}',
  '\tlogin item associations = {',
  '\t\t"ai.hermes-svc.writer" => disabled',
  '\t}',
  '',
].join('\n')

test('macOS 13 and later write a word', t => {
  t.deepEqual(
    [...(parseDisabledOutput(NEW) ?? [])],
    [
      ['com.apple.ManagedClientAgent.enrollagent', true],
      ['ai.hermes-svc.coder', true],
      ['ai.hermes-svc.helper', false],
    ],
  )
})

test('earlier versions write whether it is disabled', t => {
  const old = 'disabled services = {\n\t\t"ai.hermes-svc.coder" => true\n\t\t"ai.hermes-svc.helper" => false\n}\n'
  t.deepEqual(
    [...(parseDisabledOutput(old) ?? [])],
    [
      ['ai.hermes-svc.coder', true],
      ['ai.hermes-svc.helper', false],
    ],
  )
})

test('a block without entries says nothing of any label', t => {
  t.is(parseDisabledOutput('\tdisabled services = {\n\t}\n')?.size, 0)
})

test('a text without the whole block is not what launchctl prints', t => {
  const others = [
    '',
    '\n',
    '}',
    '"x" => disabled\n',
    'disabled services = {',
    'disabled services = {\n\t\t"x" => true\n',
  ]
  for (const text of [
    ...others,
    'services = {\n}\n',
    'no disabled services = {\n}\n',
    'Could not find domain for user gui: 501\n',
  ])
    t.is(parseDisabledOutput(text), null, text)
})

test('lines that are no entries are passed over', t => {
  const odd = ['"x" => maybe', 'x => disabled', '"" => disabled', '"x" = disabled', '"x" => disabled now', '']
  t.is(parseDisabledOutput(`disabled services = {\n${odd.join('\n')}\n}\n`)?.size, 0)
  fc.assert(fc.property(hostileText, text => parseDisabledOutput(`disabled services = {\n${text}\n}\n`) !== null))
})
