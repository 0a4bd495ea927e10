import {withRegistry} from '../../plugins/dist-test/with-registry.js'
import {Checkout} from './checkout.js'

const VERSION = '0.2.0'

/** What a registry tells npm of a package. */
interface Packument {
  readonly 'dist-tags': Readonly<Record<string, string>>
  readonly versions: Readonly<Record<string, {readonly os?: readonly string[]}>>
}

let checkout: Checkout

const test = withRegistry(async registry => {
  checkout = await Checkout.make(registry)
})

test('a checkout that is not a release is refused, and every reason is told', async ({t, registry}) => {
  checkout.write('stray', '')
  const {code, stdout, stderr} = await checkout.publish()
  t.is(code, 1, stdout)
  t.regex(stderr, /clean checkout, got:\n\?\? stray/)
  t.regex(stderr, /Expected the tag v0\.1\.0 on this commit, got none; npm run release:version makes it/)
  t.regex(stderr, /Expected a heading \[0\.1\.0\] in CHANGELOG\.md/)
  t.regex(stderr, /Nothing was published/)
  t.false(registry.requests().some(request => request.startsWith('PUT /@hermes-svc')))
  await checkout.succeed('git', 'clean', '--quiet', '--force', 'stray')
})

test('one command gives all packages one version, exactly, also where they are optional', async ({t}) => {
  await checkout.describe(VERSION)
  await checkout.version('minor')
  const manifests = await checkout.manifests()
  t.true(manifests.length > 5)
  const names = manifests.map(({name}) => name)
  for (const {name, version, dependencies, optionalDependencies} of manifests) {
    t.is(version, VERSION, name)
    const own = Object.entries({...dependencies, ...optionalDependencies}).filter(([needed]) => names.includes(needed))
    for (const [needed, range] of own) t.is(range, VERSION, `${name} needs ${needed}`)
  }
  t.is(await checkout.succeed('git', 'status', '--porcelain'), '')
  t.is((await checkout.succeed('git', 'tag', '--points-at', 'HEAD')).trim(), `v${VERSION}`)
})

test('a dry run publishes nothing', async ({t, registry}) => {
  const {code, stdout, stderr} = await checkout.publish('--dry-run')
  t.is(code, 0, stderr)
  t.is(stdout.match(/^would be published: /gm)?.length, (await checkout.manifests()).length, stdout)
  t.regex(await registry.get('@hermes-svc%2fcore'), /no such package/)
})

test('a registry that does not answer is named, and nothing is taken for unpublished', async ({t, registry}) => {
  await registry.close()
  const {code, stdout, stderr} = await checkout.publish()
  await registry.open()
  t.is(code, 1)
  t.is(stdout, '')
  t.regex(stderr, /ECONNREFUSED.*\n@hermes-svc\/core 0\.2\.0 was not published, nor what comes after it/)
})

test('what is published needs no more than what was published before it, and a repeat goes on', async ({
  t,
  registry,
}) => {
  // Core is there already, as after a run that failed behind it.
  const [core] = (await checkout.succeed(process.execPath, 'scripts/pack-packages.js', '../first')).split('\n')
  await registry.publish(core ?? '')
  const {code, stdout, stderr} = await checkout.publish()
  t.is(code, 0, stderr)
  const lines = stdout.split('\n').filter(line => line.includes(VERSION))
  t.is(lines[0], `there already: @hermes-svc/core ${VERSION}`)
  t.is(lines.at(-1), `published: hermes-svc ${VERSION}`)
  const again = await checkout.publish()
  t.is(again.code, 0, again.stderr)
  t.is(again.stdout.match(/^there already: /gm)?.length, lines.length, again.stdout)
})

test('the registry tells on which platforms a backend runs', async ({t, registry}) => {
  const platforms = async (name: string): Promise<readonly string[] | undefined> => {
    const packument = JSON.parse(await registry.get(`@hermes-svc%2f${name}`)) as Packument
    t.is(packument['dist-tags']['latest'], VERSION)
    return packument.versions[VERSION]?.os
  }
  t.deepEqual(await platforms('backend-s6'), ['linux'])
  t.deepEqual(await platforms('backend-systemd'), ['linux'])
  t.deepEqual(await platforms('backend-launchd'), ['darwin'])
  t.deepEqual(await platforms('backend-windows'), ['win32'])
  t.true((await platforms('backend-embedded'))?.includes('win32'))
  t.is(await platforms('core'), undefined)
})

test('a change of one package gives all of them the next version', async ({t}) => {
  const path = 'packages/backend-s6/package.json'
  checkout.write(path, checkout.read(path).replace('./dist/index.d.ts', './dist/gone.d.ts'))
  await checkout.describe('0.2.1')
  await checkout.version('patch')
  const versions = (await checkout.manifests()).map(({version}) => version)
  t.deepEqual([...new Set(versions)], ['0.2.1'])
})

test('a package that cannot be used stops the release before anything is published', async ({t, registry}) => {
  const {code, stdout, stderr} = await checkout.publish()
  t.is(code, 1, stdout)
  t.regex(stderr, /@hermes-svc\/backend-s6: .*gone\.d\.ts/)
  t.notRegex(await registry.get('@hermes-svc%2fcore'), /0\.2\.1/)
})
