import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {eventually} from '../../testing/dist/eventually.js'
import {Installation} from './installation.js'
import {publishExample, startRunsvdir, withRunit} from './runit-example.js'

const LONGEST_MS = 900_000
const NAME = 'hermes-svc-backend-runit'

interface Row {
  readonly profile: string
  readonly state: string
  readonly wanted: string
  readonly pid: number | null
  readonly restarts: number
}

const test = withRunit(publishExample)

test('from an empty directory with only a registry the program learns runit, proves it, and keeps gateways by it', async ({
  t,
  registry,
}) => {
  t.timeout(LONGEST_MS)
  const runsvdir = await startRunsvdir()
  t.teardown(() => runsvdir.remove())
  const {directory} = await Installation.make(registry, 'machine', 'hermes-svc')
  const configuration = {backends: {runit: {directory: runsvdir.directory}}}
  writeFileSync(join(directory, 'root', 'hermes-svc.json'), JSON.stringify(configuration))

  const run = async (...argv: readonly string[]): Promise<string> => {
    const env = {HOME: join(directory, 'home'), HERMES_HOME: join(directory, 'root')}
    const program = join(directory, 'node_modules', '.bin', 'hermes-svc')
    const {code, stdout, stderr} = await registry.run(program, argv, {env, cwd: directory, timeoutMs: LONGEST_MS})
    t.is(code, 0, `${argv.join(' ')}: ${stdout}${stderr}`)
    return stdout
  }
  const rows = async (): Promise<Row[]> => {
    const listing = JSON.parse(await run('gateway', 'list', '--backend', 'runit', '--json')) as {gateways: Row[]}
    return listing.gateways
  }
  const row = async (profile: string): Promise<Row | undefined> => (await rows()).find(each => each.profile === profile)

  t.regex(await run('plugins', 'install', NAME), /hermes-svc-backend-runit 1\.0\.0 installed/)
  t.like(JSON.parse(await run('backend', 'detect', '--backend', 'runit', '--json')), {backend: 'runit'})

  const report = await run('backend', 'verify', 'runit')
  t.regex(report, /\nrunit keeps the contract: \d+ passed, 0 failed, \d+ not tried/)
  t.log(report.trim().split('\n').at(-1) ?? '')

  for (const profile of ['coder', 'ops']) {
    await run('gateway', 'install', profile, '--backend', 'runit', '--', '/bin/sleep', '600')
  }
  t.like(await row('coder'), {state: 'running', wanted: 'up', restarts: 0})
  await run('gateway', 'restart', 'coder', '--backend', 'runit')
  const {pid} = (await row('coder')) ?? {}
  t.truthy(pid)
  process.kill(Number(pid), 'SIGKILL')
  await eventually('it is started again', async () => {
    const now = await row('coder')
    return now?.state === 'running' && now.pid !== pid
  })
  await run('gateway', 'stop', 'ops', '--backend', 'runit')
  t.like(await row('ops'), {state: 'stopped', wanted: 'down', pid: null})

  await runsvdir.cutPower()
  await runsvdir.boot()
  await eventually('the one that is wanted runs', async () => (await row('coder'))?.state === 'running')
  t.like(await row('ops'), {state: 'stopped', wanted: 'down'})

  await run('gateway', 'uninstall', 'coder', 'ops', '--backend', 'runit')
  t.deepEqual(await rows(), [])
  t.regex(await run('plugins', 'uninstall', NAME), /uninstalled/)
})
