import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {ExecutionContext} from 'ava'
import {Installation, type InstalledSize} from './installation.js'
import {publishToy} from './toy-packages.js'
import {withRegistry} from './with-registry.js'

const INSTALLING = new URL('../../../docs/installing.md', import.meta.url)
const PACK = fileURLToPath(new URL('../../../scripts/pack-packages.js', import.meta.url))
const TOLERANCE = 0.05

const TOY = 'hermes-svc-backend-toy'

const test = withRegistry(async registry => {
  await registry.publishProduct()
  await publishToy(registry, TOY)
})

/** Holds a row of the table of sizes in docs/installing.md to what was installed. */
function assertDocumented(t: ExecutionContext, title: string, {bytes, packages}: InstalledSize): void {
  const row = readFileSync(INSTALLING, 'utf8')
    .split('\n')
    .find(line => line.startsWith(`| ${title} |`))
  const [, megabytes, count] = /\| ([\d.]+) MB \| (\d+) \|$/.exec(row ?? '') ?? []
  const measured = `| ${title} | ${(bytes / 1e6).toFixed(1)} MB | ${String(packages)} |`
  t.log(measured)
  const isNear = (told: string | undefined, found: number) => Math.abs(Number(told) - found) <= TOLERANCE * found
  t.true(isNear(megabytes, bytes / 1e6) && isNear(count, packages), `expected ${String(row)}, got ${measured}`)
}

/** The backends that it can load. */
async function kindsOf(program: Installation): Promise<string[]> {
  const {candidates} = (await program.json('backend', 'list')) as {candidates: {kind: string; presence: string}[]}
  return candidates.filter(({presence}) => presence !== 'broken').map(({kind}) => kind)
}

/** The program answers as itself, and names what it has and nothing that it lacks. */
async function assertWorks(t: ExecutionContext, program: Installation, kinds: readonly string[]): Promise<void> {
  const version = await program.run('--version')
  t.regex(version.stdout, /^hermes-svc\/\d/)
  t.is(version.stderr, '')
  t.deepEqual(await kindsOf(program), kinds)
  const {stdout, stderr} = await program.run('--help')
  t.is(stderr, '')
  t.regex(stdout, /^ {2}plugins /m)
  t.is(/^ {2}autocomplete /m.test(stdout), program.has('@oclif/plugin-autocomplete'))
}

/** One gateway is defined, listed and removed. */
async function assertRunsGateway(t: ExecutionContext, program: Installation): Promise<void> {
  const installing = await program.run('gateway', 'install', 'coder', '--', 'sleep', '600')
  t.is(installing.code, 0, installing.stderr)
  t.like(await program.json('gateway', 'list'), {backend: 'embedded', gateways: [{profile: 'coder', state: 'running'}]})
  const uninstalling = await program.run('gateway', 'uninstall', 'coder')
  t.is(uninstalling.code, 0, uninstalling.stderr)
}

test('on Linux npm brings the backends of Linux', async ({t, registry}) => {
  const program = await Installation.make(registry, 'linux', '--os=linux', '--cpu=x64', 'hermes-svc')
  t.deepEqual(program.ownPackages(), ['backend-embedded', 'backend-s6', 'backend-systemd', 'core', 'runner'])
  await assertWorks(t, program, ['s6', 'systemd', 'embedded'])
  await assertRunsGateway(t, program)
  assertDocumented(t, 'Linux', program.size())
})

for (const [title, os, cpu, own] of [
  ['macOS', 'darwin', 'arm64', ['backend-launchd']],
  ['Windows', 'win32', 'x64', ['backend-windows']],
] as const)
  // prettier-ignore
  test(`on ${title} npm brings no backend of another platform`, async ({t, registry}) => {
    const program = await Installation.make(registry, os, `--os=${os}`, `--cpu=${cpu}`, 'hermes-svc')
    t.deepEqual(program.ownPackages(), ['backend-embedded', 'core', 'runner', ...own].sort())
    await assertWorks(t, program, ['embedded'])
    assertDocumented(t, title, program.size())
  })

for (const kind of ['s6', 'systemd', 'embedded'])
  test(`without optional dependencies and with ${kind} beside it, the program has that backend`, async ({
    t,
    registry,
  }) => {
    const names = ['hermes-svc', `@hermes-svc/backend-${kind}`]
    const program = await Installation.make(registry, `only-${kind}`, '--omit=optional', ...names)
    const needed = kind === 'embedded' ? ['core', 'runner'] : ['core']
    t.deepEqual(program.ownPackages(), [`backend-${kind}`, ...needed])
    t.false(program.has('@oclif/plugin-plugins'))
    await assertWorks(t, program, [kind])
    if (kind === 'embedded') await assertRunsGateway(t, program)
    assertDocumented(t, `${kind} alone`, program.size())
  })

test('a slim program can be given an npm of its own again', async ({t, registry}) => {
  const names = ['hermes-svc', '@hermes-svc/backend-s6', '@oclif/plugin-plugins@5']
  const program = await Installation.make(registry, 'with-plugins', '--omit=optional', ...names)
  t.false(program.has('@oclif/plugin-autocomplete'))
  await assertWorks(t, program, ['s6'])
  t.regex((await program.run('plugins')).stderr, /no plugins are installed/)
  assertDocumented(t, 's6 alone, with `@oclif/plugin-plugins`', program.size())
})

test('the program without any backend says so', async ({t, registry}) => {
  const program = await Installation.make(registry, 'bare', '--omit=optional', 'hermes-svc')
  t.deepEqual(program.ownPackages(), ['core'])
  await assertWorks(t, program, [])
  const listing = await program.run('gateway', 'list', '--json')
  t.is(listing.code, 69)
  t.like(JSON.parse(listing.stdout), {error: {code: 'HSVC_NO_BACKEND'}})
})

test('a global installation has everything, since npm ignores --omit=optional there', async ({t, registry}) => {
  const names = ['hermes-svc', '@hermes-svc/backend-s6']
  const program = await Installation.make(registry, 'global', '--global', '--omit=optional', ...names)
  t.false(program.has('hermes-svc/node_modules/@hermes-svc/backend-s6'))
  t.deepEqual(await kindsOf(program), ['s6', 'systemd', 'embedded'])
})

test('a slim program is found by a link to it from elsewhere', async ({t, registry}) => {
  const program = await Installation.make(registry, 'linked', '--omit=optional', 'hermes-svc', '@hermes-svc/backend-s6')
  t.deepEqual(await kindsOf(program.linkedAt('bin/hermes-svc')), ['s6'])
})

test('the packed files of one platform install together', async ({t, registry}) => {
  const packing = await registry.run(process.execPath, [PACK, 'tarballs', '--os', 'linux'])
  const tarballs = packing.stdout.trim().split('\n')
  t.is(tarballs.length, 6, packing.stderr)
  // What is named outright npm takes for its own platform only, whatever --os says.
  const program = await Installation.make(registry, 'packed', ...tarballs)
  await assertWorks(t, program, ['s6', 'systemd', 'embedded'])
})

test('without an npm of its own the program installs plugins with the one on PATH, or says that there is none', async ({
  t,
  registry,
}) => {
  const program = await Installation.make(registry, 'plugged', '--omit=optional', 'hermes-svc')
  const bin = join(program.directory, 'node_modules', 'hermes-svc', 'bin', 'run.cjs')
  const places = [`PATH=${program.directory}`, `HERMES_SVC_DATA_DIR=${program.directory}/data`]
  const without = await registry.run('env', [...places, process.execPath, bin, 'plugins', 'install', TOY, '--json'])
  t.is(without.code, 74, without.stderr)
  t.like(JSON.parse(without.stdout), {error: {code: 'HSVC_TOOL_MISSING', message: 'expected the tool npm, found none'}})
  t.like(await program.json('plugins', 'install', TOY), {plugins: [{name: TOY, result: 'installed'}]})
  t.like(await program.json('gateway', 'list'), {backend: 'toy', gateways: []})
  t.like(await program.json('plugins', 'uninstall', TOY), {removed: [{name: TOY}]})
})
