import {execFile} from 'node:child_process'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {promisify} from 'node:util'
import test from 'ava'
import {OWN_COMMANDS} from '../dist/own-commands.js'
import {packageRoot} from './program.js'

const TOP = resolve(packageRoot, '../..')

/** What the standard plugins bring, by the first word. */
const PLUGIN_WORDS = ['autocomplete', 'help', 'plugins', 'version']

function pages(): string[] {
  const docs = readdirSync(join(TOP, 'docs'), {recursive: true, encoding: 'utf8'}).map(name => join('docs', name))
  const examples = readdirSync(join(TOP, 'examples'), {recursive: true, encoding: 'utf8'}).map(name =>
    join('examples', name),
  )
  return [...readdirSync(TOP), ...docs, ...examples].filter(
    name => name.endsWith('.md') && !name.includes('node_modules'),
  )
}

function read(page: string): string {
  return readFileSync(join(TOP, page), 'utf8')
}

/** Every command line of ours in code, up to its first flag, argument or sign. */
function commandLines(text: string): string[] {
  const code = [...text.matchAll(/```[a-z]*\n([\s\S]*?)```|`([^`\n]+)`/g)].map(match => match[1] ?? match[2] ?? '')
  return code.flatMap(part => [...part.matchAll(/\bhermes-svc ((?:[a-z]+ ?)+)/g)].map(match => (match[1] ?? '').trim()))
}

function isCommand(words: string): boolean {
  const [first = ''] = words.split(' ')
  return PLUGIN_WORDS.includes(first) || OWN_COMMANDS.some(command => `${words} `.startsWith(`${command} `))
}

test('what is generated of the docs is what the code gives', async t => {
  const script = join(TOP, 'scripts', 'generate-docs.js')
  await t.notThrowsAsync(promisify(execFile)(process.execPath, [script, '--check']))
})

test('every command line in the docs is a command', t => {
  const found = pages().flatMap(page => commandLines(read(page)).map(words => ({page, words})))
  t.true(found.length > 20)
  t.deepEqual(
    found.filter(({words}) => !isCommand(words)),
    [],
  )
})

test('every relative link in the docs leads somewhere', t => {
  const links = pages().flatMap(page =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(match => ({page, target: match[1] ?? ''})),
  )
  t.true(links.length > 20)
  t.deepEqual(
    links.filter(({page, target}) => !existsSync(join(TOP, dirname(page), target))),
    [],
  )
})

test('the README has at most 200 lines', t => {
  t.true(read('README.md').split('\n').length <= 200)
})
