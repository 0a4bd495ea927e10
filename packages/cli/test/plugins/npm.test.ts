import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {serviceError, type ToolOptions, type ToolResult, type ToolRunner} from '@hermes-svc/core'
import {Npm} from '../../dist/plugins/npm.js'
import {packageRoot} from '../program.js'

const SECRET = 'http://me:s3cret@127.0.0.1:4873/'
const LOCK = readFileSync(join(packageRoot, 'test', 'fixtures', 'npm-view', 'scripts-lock.json'), 'utf8')

interface Call {
  readonly file: string
  readonly args: readonly string[]
}

/** An npm that answers as it is told, and the tree that it works in. */
function fixture(t: ExecutionContext, answer: (call: Call) => Partial<ToolResult>, script: string | null = null) {
  const tree = mkdtempSync(join(tmpdir(), 'hsvc-npm-'))
  t.teardown(() => rmSync(tree, {recursive: true, force: true}))
  const calls: Call[] = []
  const said: string[] = []
  const run = async (file: string, args: readonly string[], _options?: ToolOptions): Promise<ToolResult> => {
    calls.push({file, args})
    return {exitCode: 0, stdout: '', stderr: '', ...answer({file, args})}
  }
  const tools = {run} as unknown as ToolRunner
  const {signal} = new AbortController()
  const npm = new Npm({tools, script, registry: SECRET, signal, debug: line => void said.push(line)})
  return {npm, tree, calls, said}
}

test('scripts are off in every call but the one that runs them, whatever is configured', async t => {
  const {npm, tree, calls} = fixture(t, ({args}) => {
    if (args.includes('install')) writeFileSync(join(tree, 'package-lock.json'), LOCK)
    return {stdout: '{}'}
  })
  t.like(await npm.resolve(tree, 'x@latest'), {name: 'hermes-svc-backend-scripted'})
  await npm.view(tree, 'x@1.0.0')
  await npm.fetch(tree, 'x')
  await npm.runScripts(tree, 'x')
  const last = calls.map(({args}) => args.filter(word => word.startsWith('--ignore-scripts')).at(-1))
  t.deepEqual(last, ['--ignore-scripts', '--ignore-scripts', '--ignore-scripts', '--ignore-scripts=false'])
  for (const {file, args} of calls) {
    t.is(file, 'npm')
    for (const flag of ['--json', '--allow-git=root', `--prefix=${tree}`, `--registry=${SECRET}`])
      t.true(args.includes(flag), flag)
  }
})

test('an npm that is a script is run with this Node', async t => {
  const {npm, tree, calls} = fixture(t, () => ({}), '/npm/bin/npm-cli.js')
  await npm.fetch(tree, 'x')
  t.like(calls[0], {file: process.execPath, args: {0: '/npm/bin/npm-cli.js'}})
})

test('what npm says besides is passed on, and its error told', async t => {
  const stdout = '{"error": {"code": "ETARGET", "summary": "No matching version"}}'
  const {npm, tree, said} = fixture(t, () => ({exitCode: 1, stdout, stderr: 'npm warn one\n\nnpm error two\n'}))
  await t.throwsAsync(npm.fetch(tree, 'x'), {code: 'HSVC_INVALID_SPEC', message: /ETARGET: No matching version/})
  t.deepEqual(said, ['npm warn one', 'npm error two'])
})

test('a failure without JSON is told with what npm printed', async t => {
  const {npm, tree} = fixture(t, () => ({exitCode: 7, stderr: 'Segmentation fault'}))
  await t.throwsAsync(npm.fetch(tree, 'x'), {code: 'HSVC_TOOL_FAILED', message: /exit code 7: Segmentation fault/})
  const other = fixture(t, () => ({stdout: 'no JSON'}))
  await t.throwsAsync(other.npm.view(other.tree, 'x'), {code: 'HSVC_UNEXPECTED_OUTPUT'})
})

test('a call that did not end says nothing of its arguments, which may hold a password', async t => {
  const {npm, tree} = fixture(t, ({file, args}) => {
    const tool = {file, args, exitCode: null, signal: 'SIGTERM', stderr: '', timedOut: false}
    throw serviceError('HSVC_ABORTED', 'interrupted', {tool})
  })
  const error = await t.throwsAsync(npm.fetch(tree, 'x'), {code: 'HSVC_ABORTED'})
  t.false(JSON.stringify(Object.entries(error)).includes('s3cret'))
})
