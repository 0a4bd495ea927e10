import {mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {Machine, type Run} from './program.js'
import {schemaProblems} from './schemas.js'

const DOTENV = 'TELEGRAM_BOT_TOKEN=123:SECRETtoken\nAPI_SERVER_KEY=SECRETkey-0123456789\n'

interface Hermes {
  readonly machine: Machine
  /** Everything that any run has printed. */
  readonly said: string[]
  run(argv: readonly string[], code?: number): Promise<Run>
  json(schema: string, argv: readonly string[], code?: number): Promise<Record<string, unknown>>
}

/** A machine on which the profiles `default` and `coder` have one token and one key. */
function hermes(t: ExecutionContext): Hermes {
  const machine = new Machine(t)
  machine.link()
  const command = {hermes: {command: ['node', '-p', '{profile}', 'gateway', 'run']}}
  writeFileSync(machine.path('config', 'config.json'), JSON.stringify(command))
  mkdirSync(machine.path('root', 'profiles', 'coder'), {recursive: true})
  for (const home of [machine.path('root'), machine.path('root', 'profiles', 'coder')]) {
    writeFileSync(join(home, 'SOUL.md'), '')
    writeFileSync(join(home, '.env'), DOTENV)
  }
  const said: string[] = []
  const run: Hermes['run'] = async (argv, code = 0) => {
    const ended = await machine.run(argv)
    said.push(ended.stdout, ended.stderr)
    t.is(ended.code, code, `${argv.join(' ')}: ${ended.stdout}${ended.stderr}`)
    return ended
  }
  const json: Hermes['json'] = async (schema, argv, code) => {
    const {stdout} = await run([...argv, '--json'], code)
    const document = JSON.parse(stdout) as Record<string, unknown>
    t.is(schemaProblems(schema, document), '', stdout)
    return document
  }
  return {machine, said, run, json}
}

function filesUnder(directory: string): string[] {
  return readdirSync(directory, {recursive: true, encoding: 'utf8'})
    .map(file => join(directory, file))
    .filter(file => statSync(file).isFile())
}

test('install and its dry run refuse a token or port that a gateway has which is wanted up, with exit code 64', async t => {
  const {run, json} = hermes(t)
  await run(['gateway', 'install', 'default'])
  const {error: both} = await json('error', ['gateway', 'install', 'coder'], 64)
  t.like(both, {
    message:
      'port: expected one that no other gateway has, got 8642 (API server), which default has; ' +
      'TELEGRAM_BOT_TOKEN: expected one that no other gateway has, got that of default',
    hint: 'hermes-svc gateway stop default, or give coder another --port and another TELEGRAM_BOT_TOKEN in its .env',
  })
  for (const flags of [[], ['--dry-run']]) {
    const {error} = await json('error', ['gateway', 'install', 'coder', '--port', '8650', ...flags], 64)
    t.like(error, {
      code: 'HSVC_INVALID_SPEC',
      exitCode: 64,
      message: 'TELEGRAM_BOT_TOKEN: expected one that no other gateway has, got that of default',
    })
  }
  const {gateways} = await json('gateways', ['gateway', 'list'])
  t.deepEqual(
    (gateways as {profile: string}[]).map(({profile}) => profile),
    ['default'],
  )
})

test('a plan that would not be started says the conflict among its warnings', async t => {
  const {run, json} = hermes(t)
  await run(['gateway', 'install', 'default'])
  const {warnings} = await json('plan', ['gateway', 'install', 'coder', '--dry-run', '--no-start', '--port', '8650'])
  t.true((warnings as string[]).includes('TELEGRAM_BOT_TOKEN is that of default too, and only one of them can use it'))
})

test('doctor tells of each conflict: a warning while one of them is stopped, else an error with exit code 64', async t => {
  const {run, json} = hermes(t)
  const conflictsOf = ({findings}: Record<string, unknown>): unknown[] =>
    (findings as {severity: string; message: string}[])
      .filter(({message}) => /TELEGRAM|8642/.test(message))
      .map(({severity, message}) => `${severity}: ${message}`)
  await run(['gateway', 'install', 'default'])
  await run(['gateway', 'install', 'coder', '--no-start'])
  t.deepEqual(conflictsOf(await json('doctor', ['doctor'])), [
    'warning: coder (stopped) and default listen on port 8642 (API server): they cannot all run at a time',
    'warning: coder (stopped) and default have the same TELEGRAM_BOT_TOKEN: they cannot all run at a time',
  ])
  await run(['gateway', 'start', 'coder'])
  t.deepEqual(conflictsOf(await json('doctor', ['doctor'], 64)), [
    'error: coder and default listen on port 8642 (API server): only one of them can use it',
    'error: coder and default have the same TELEGRAM_BOT_TOKEN: only one of them can use it',
  ])
  await run(['gateway', 'stop', 'default'])
  await run(['doctor'])
})

test('a home that cannot be read is a warning of doctor, and list and status do not look', async t => {
  const {machine, run, json} = hermes(t)
  await run(['gateway', 'install', 'default'])
  writeFileSync(machine.path('root', 'config.yaml'), 'token: [SECRET\n')
  const message = `${machine.path('root', 'config.yaml')}: expected YAML, got something else near line 2`
  const {findings} = await json('doctor', ['doctor'])
  t.like(
    (findings as {message: string}[]).find(finding => finding.message === message),
    {severity: 'warning', hint: null, code: null},
  )
  for (const argv of [
    ['gateway', 'list'],
    ['gateway', 'status'],
  ]) {
    const {stdout, stderr} = await run(argv)
    t.false(`${stdout}${stderr}`.includes('config.yaml'))
  }
})

test('no token and no key is printed or written by any of it', async t => {
  const {machine, run, json, said} = hermes(t)
  await run(['gateway', 'install', 'default', '--verbose'])
  await run(['gateway', 'install', 'coder', '--verbose'], 64)
  await run(['gateway', 'install', 'coder', '--no-start', '--verbose'])
  await run(['gateway', 'start', 'coder', '--verbose'])
  await json('doctor', ['doctor', '--verbose'], 64)
  await run(['doctor', '--verbose'], 64)
  t.deepEqual(
    said.filter(text => text.includes('SECRET')),
    [],
  )
  const kept = ['root/hermes-svc', 'data', 'config', 'work'].flatMap(name => filesUnder(machine.path(name)))
  t.true(kept.some(file => file.endsWith('record.json')))
  t.deepEqual(
    kept.filter(file => readFileSync(file, 'utf8').includes('SECRET')),
    [],
  )
})
