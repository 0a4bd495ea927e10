import {readFileSync} from 'node:fs'
import test from 'ava'
import {ERROR_CODES, parseDuration, parseSize, type Setting, SETTINGS, variableOf} from '@hermes-svc/core'

const DOCS = new URL('../../../docs/', import.meta.url)

function read(page: string): string {
  return readFileSync(new URL(page, DOCS), 'utf8')
}

/** The rows of the table under that first heading, each a list of cells without code marks at their ends. */
function tableRows(text: string, firstHeading: string): string[][] {
  const lines = text.split('\n')
  const start = lines.findIndex(line => line.startsWith(`| ${firstHeading} |`))
  const rest = lines.slice(start + 2)
  const end = rest.findIndex(line => !line.startsWith('|'))
  return rest.slice(0, end).map(line =>
    line
      .slice(1, -1)
      .split(' | ')
      .map(cell => cell.trim().replace(/^`(.*)`$/, '$1')),
  )
}

function readDefault({key, fromText}: Setting, shown: string): unknown {
  if (shown === 'none' || shown === 'never') return null
  if (key === 'logs.size') return parseSize(shown)
  return parseDuration(shown) ?? (fromText ? fromText(shown) : shown)
}

test('docs/errors.md has each code of the table with its exit code, and no other', t => {
  const rows = tableRows(read('errors.md'), 'code')
  const expected = Object.entries(ERROR_CODES).map(([code, row]) => [code, String(row.exitCode), row.when, row.action])
  t.deepEqual(rows, expected)
})

test('every HSVC_ code that docs name is in the table', t => {
  const pages = ['errors.md', 'architecture.md', 'configuration.md', 'decisions.md', 'from-the-reference.md']
  const named = [...pages, 'writing-a-backend.md', 'backends/embedded.md', 'backends/s6.md'].flatMap(
    page => read(page).match(/\bHSVC_[A-Z_]+/g) ?? [],
  )
  t.true(named.length > 0)
  t.deepEqual(
    named.filter(code => !Object.hasOwn(ERROR_CODES, code)),
    [],
  )
})

test('docs/configuration.md has each setting with what it accepts and its variable, and no other', t => {
  const rows = tableRows(read('configuration.md'), 'key')
  t.deepEqual(
    rows.map(([key, , expected, variable]) => [key, expected, variable]),
    SETTINGS.map(({key, expected}) => [key, expected, variableOf(key)]),
  )
  t.true(rows.every(row => row.length === 5 && row[4] !== ''))
})

for (const setting of SETTINGS) {
  test(`docs/configuration.md has the default of ${setting.key}`, t => {
    const row = tableRows(read('configuration.md'), 'key').find(([key]) => key === setting.key)
    t.deepEqual(readDefault(setting, row?.[1] ?? ''), setting.fallback)
  })
}
