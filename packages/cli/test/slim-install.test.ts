import {execFile} from 'node:child_process'
import {dirname, join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {promisify} from 'node:util'
import test from 'ava'
import {slimProgram} from './slim-program.js'

test('without its optional dependencies the program works, and says nothing of them', async t => {
  const {machine, bin} = slimProgram(t)
  const run = promisify(execFile)
  const options = {env: machine.env, cwd: machine.path('work')}
  const shown = await run(process.execPath, [bin, 'config', 'show'], options)
  t.is(shown.stderr, '')
  const failed = (await t.throwsAsync(
    run(process.execPath, [bin, 'gateway', 'list', '--json'], options),
  )) as unknown as {
    code: number
    stdout: string
    stderr: string
  }
  t.is(failed.code, 69)
  t.is(failed.stderr, '')
  t.like(JSON.parse(failed.stdout), {error: {code: 'HSVC_NO_BACKEND'}})
})

test('a backend that was installed beside a slim program is found, by the program as by the library', async t => {
  const {machine, bin} = slimProgram(t, '@hermes-svc/backend-embedded')
  const run = promisify(execFile)
  const options = {env: machine.env, cwd: machine.path('work')}
  const {stdout, stderr} = await run(process.execPath, [bin, 'backend', 'list', '--json'], options)
  t.is(stderr, '')
  t.like(JSON.parse(stdout), {backend: 'embedded', candidates: [{kind: 'embedded', source: 'bundled'}]})
  const library = pathToFileURL(join(dirname(dirname(bin)), 'bundle', 'index.js')).href
  const code = `const {getServiceManager} = await import(${JSON.stringify(library)})
    console.log((await getServiceManager({fallback: true})).kind)`
  const asked = await run(process.execPath, ['--input-type=module', '-e', code], options)
  t.is(asked.stdout, 'embedded\n')
})
