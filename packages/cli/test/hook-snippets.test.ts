import {spawnSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import {resolve} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {HookMachine} from './hook-machine.js'
import {packageRoot} from './program.js'

const PAGE = readFileSync(resolve(packageRoot, '../../docs/hooks.md'), 'utf8')

/** What the page has as code of a language. */
function snippet(language: string): string {
  return new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(PAGE)?.[1] ?? ''
}

/** Runs the functions of the page and then some calls of them; gives what was printed. */
function runHooks(t: ExecutionContext, machine: HookMachine, program: string, file: string, text: string): string {
  const path = machine.path(file)
  writeFileSync(path, text)
  const {status, stdout, stderr} = spawnSync(program, [path], {env: machine.env, cwd: machine.path('work'), encoding: 'utf8'}) // prettier-ignore
  t.is(status, 0, stderr)
  return stdout + stderr
}

async function profilesOf(machine: HookMachine): Promise<string[]> {
  const {stdout} = await machine.run('gateway', 'list', '--json')
  return (JSON.parse(stdout) as {gateways: {profile: string}[]}).gateways.map(({profile}) => profile)
}

test('no command line of the page is a usage error', async t => {
  const lines = [...PAGE.matchAll(/`hermes-svc ([^`\n]+)`/g)].map(([, words = '']) => words)
  const distinct = [...new Set(lines.map(words => words.replaceAll(/\b(?:NAME|OLD|NEW)\b/g, 'coder')))]
  t.true(distinct.length >= 6, distinct.join('\n'))
  const machine = new HookMachine(t)
  for (const words of distinct) {
    const {code, stdout} = await machine.run(...words.split(' '), '--json')
    t.not(code, 64, `${words}: ${stdout}`)
  }
})

test('the functions for a shell do what the page says', async t => {
  const machine = new HookMachine(t)
  const functions = snippet('sh')
  runHooks(t, machine, 'sh', 'created.sh', `${functions}\nset -e\nprofile_created coder\nprofile_created coder\n`)
  t.deepEqual(await profilesOf(machine), ['coder'])
  runHooks(t, machine, 'sh', 'renamed.sh', `${functions}\nset -e\nprofile_renamed coder ops\n`)
  t.deepEqual(await profilesOf(machine), ['ops'])
  runHooks(t, machine, 'sh', 'deleted.sh', `${functions}\nset -e\nprofile_deleted ops\nprofile_deleted ops\n`)
  t.deepEqual(await profilesOf(machine), [])
})

const hasPython = spawnSync('python3', ['-c', 'import subprocess, json']).status === 0
const pythonTest = hasPython ? test : test.skip

pythonTest(`the functions for Python do what the page says${hasPython ? '' : ' (skipped: needs python3)'}`, async t => {
  const machine = new HookMachine(t)
  const run = (calls: string): string => runHooks(t, machine, 'python3', 'hooks.py', `${snippet('python')}\n${calls}\n`)
  t.is(run("profile_created('coder')\nprint([row['code'] for row in profile_created('coder')['skipped']])"), "['HSVC_ALREADY_EXISTS']\n") // prettier-ignore
  t.deepEqual(await profilesOf(machine), ['coder'])
  t.is(run("print(profile_deleted('coder')['removed'][0]['removed'])"), "['coder']\n")
  t.deepEqual(await profilesOf(machine), [])
})

pythonTest(`they tell of failures and raise none${hasPython ? '' : ' (skipped: needs python3)'}`, async t => {
  const machine = await new HookMachine(t).done('gateway', 'install', 'coder', '--no-start')
  const run = (calls: string): string => runHooks(t, machine, 'python3', 'hooks.py', `${snippet('python')}\n${calls}\n`)
  t.regex(run("profile_deleted('coder')"), /^coder is left as it is: .*hermes-svc gateway uninstall coder\)\n$/)
  t.regex(run("print(profile_created('nobody')['error']['exitCode'])"), /^64\nno profile "nobody"/)
  t.regex(
    run("print(hermes_svc('register', 'coder', timeout=0.01))"),
    /^None\nhermes-svc gateway register coder .*timed out/,
  )
  t.is(run("import os\nos.environ['PATH'] = '/nowhere'\nprint(profile_created('coder'))"), 'None\n')
})
