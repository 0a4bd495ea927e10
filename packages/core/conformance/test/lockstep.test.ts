import {readFileSync} from 'node:fs'
import test from 'ava'
import {GROUPS, MEMORY_FAULT_NAMES, REQUIREMENTS} from '@hermes-svc/core/conformance'
import {HOST_FAULTS} from './host-faults.js'
import {MUTANTS} from './mutants.js'

function read(name: string): string {
  return readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8')
}

/** The sentences of each chapter of docs/contract.md that are list items with a MUST. */
function sentences(): {group: string; title: string}[] {
  let group = ''
  return read('contract.md')
    .split('\n')
    .flatMap(line => {
      if (line.startsWith('## ')) group = line.slice(3).toLowerCase()
      return line.startsWith('- ') && line.includes('MUST') ? [{group, title: line.slice(2)}] : []
    })
}

function row({fault, bare, breaks}: (typeof MUTANTS)[number]): string {
  const kind = fault in HOST_FAULTS ? 'host' : bare ? 'bare backend' : 'backend'
  return `| ${fault} | ${kind} | ${breaks.join('<br>')} |`
}

test('every MUST sentence of docs/contract.md is a test with that title, and every test is a sentence there', t => {
  t.deepEqual(
    sentences(),
    REQUIREMENTS.map(({group, title}) => ({group, title})),
  )
})

test('no MUST hides in docs/contract.md outside a sentence that is tested', t => {
  const lines = read('contract.md').split('\n')
  const elsewhere = lines.filter(line => /\bMUST\b/.test(line) && !line.startsWith('- '))
  t.deepEqual(
    elsewhere.filter(line => !line.includes('RFC 2119')),
    [],
  )
})

test('every chapter has sentences, and no two are alike', t => {
  t.deepEqual([...new Set(REQUIREMENTS.map(({group}) => group))], [...GROUPS])
  t.is(new Set(REQUIREMENTS.map(({title}) => title)).size, REQUIREMENTS.length)
})

test('every sentence has a mutant that breaks it, and every fault is in the table once', t => {
  const broken = new Set(MUTANTS.flatMap(({breaks}) => breaks))
  t.deepEqual(
    REQUIREMENTS.filter(({title}) => !broken.has(title)).map(({title}) => title),
    [],
  )
  t.deepEqual(MUTANTS.map(({fault}) => fault).sort(), [...MEMORY_FAULT_NAMES, ...Object.keys(HOST_FAULTS)].sort())
})

test('docs/conformance.md shows the table of mutants as it is', t => {
  const shown = read('conformance.md')
    .split('\n')
    .filter(line => /^\| \w+ \| (host|backend|bare backend) \|/.test(line))
  t.deepEqual(shown, MUTANTS.map(row))
})
