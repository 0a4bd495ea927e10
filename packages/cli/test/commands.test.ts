import {readdirSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {OWN_COMMANDS} from '../dist/own-commands.js'
import {packageRoot} from './program.js'

// Read once, when oclif is imported.
process.env['OCLIF_COLUMNS'] = '80'
process.env['NO_COLOR'] = '1'
const {Config, Help} = await import('@oclif/core')
const config = await Config.load(packageRoot)
const golden = join(packageRoot, 'test', 'golden')
/** oclif's, and joined into the program. */
const JOINED = 'version'
const own = config.commands.filter(
  ({id, aliases, pluginName}) => pluginName === 'hermes-svc' && !aliases.includes(id) && id !== JOINED,
)

async function captured(action: () => Promise<void>): Promise<string> {
  const {write} = process.stdout
  let text = ''
  process.stdout.write = (chunk: string | Uint8Array) => {
    text += chunk.toString()
    return true
  }
  try {
    await action()
  } finally {
    process.stdout.write = write
  }
  return text
}

function filesUnder(directory: string): string[] {
  return readdirSync(directory, {recursive: true, encoding: 'utf8'}).filter(file => file.endsWith('.ts'))
}

test('the table of commands and the command files name the same commands', t => {
  const files = filesUnder(join(packageRoot, 'src', 'commands')).map(file =>
    file.replace(/(?:[/\\]index)?\.ts$/, '').replaceAll(/[/\\]/g, ' '),
  )
  t.deepEqual(files.sort(), [...OWN_COMMANDS].sort())
  t.deepEqual(own.map(({id}) => id.replaceAll(':', ' ')).sort(), [...OWN_COMMANDS].sort())
})

test('every command file keeps to sixty lines', t => {
  for (const file of filesUnder(join(packageRoot, 'src', 'commands'))) {
    const lines = readFileSync(join(packageRoot, 'src', 'commands', file), 'utf8')
      .trimEnd()
      .split('\n').length
    t.true(lines <= 60, `${file}: ${String(lines)}`)
  }
})

test('every command has a summary, an example, and the common flags', t => {
  for (const {id, summary, examples, flags} of own) {
    t.truthy(summary, id)
    t.true((examples ?? []).length > 0, id)
    for (const name of ['json', 'backend', 'config', 'quiet', 'verbose']) t.true(name in flags, `${id} --${name}`)
  }
})

for (const words of [...OWN_COMMANDS, 'gateway', 'backend', 'config'] as string[]) {
  test.serial(`the help of ${words} is as it was`, async t => {
    const text = await captured(() => new Help(config, {stripAnsi: true}).showHelp(words.split(' ')))
    const file = join(golden, `${words.replaceAll(' ', '-')}.txt`)
    if (process.env['UPDATE_GOLDEN'] === '1') {
      mkdirSync(golden, {recursive: true})
      writeFileSync(file, text)
    }
    t.true(existsSync(file), 'run the test once with UPDATE_GOLDEN=1')
    t.is(text, readFileSync(file, 'utf8'))
    t.true(text.split('\n').every(line => line.length <= 80))
  })
}
