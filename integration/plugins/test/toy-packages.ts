import {cpSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {LoopbackRegistry} from './registry.js'

const TOY = fileURLToPath(new URL('../../../packages/cli/test/fixtures/toy-backend', import.meta.url))

interface ToyPackageJson {
  readonly name: string
  readonly hermesSvc: {readonly backend: object}
}

/** How a package differs from the toy backend. */
export interface ToyChanges {
  readonly version?: string
  /** Fields of its package.json. */
  readonly fields?: object
  /** Fields of its metadata. */
  readonly backend?: object
  /** Contents of its module. */
  readonly module?: string
}

/** Packs a backend that is there everywhere, under a name of its own; gives the path of the tarball. */
export async function packToy(registry: LoopbackRegistry, name: string, changes: ToyChanges = {}): Promise<string> {
  const {version = '1.0.0', fields = {}, backend = {}, module} = changes
  const kind = name.replace('hermes-svc-backend-', '')
  const directory = join(registry.directory, 'toys', `${name}-${version}`)
  mkdirSync(directory, {recursive: true})
  cpSync(TOY, directory, {recursive: true})
  const packageJson = JSON.parse(readFileSync(join(TOY, 'package.json'), 'utf8')) as ToyPackageJson
  const metadata = {...packageJson.hermesSvc.backend, kind, ...backend}
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({...packageJson, name, version, ...fields, hermesSvc: {backend: metadata}}),
  )
  const source = module ?? readFileSync(join(TOY, 'index.js'), 'utf8').replaceAll(/kind: 'toy'/g, `kind: '${kind}'`)
  writeFileSync(join(directory, 'index.js'), source.replaceAll(/backend: 'toy'/g, `backend: '${kind}'`))
  const args = ['pack', directory, '--ignore-scripts', '--pack-destination', join(directory, '..')]
  const {code, stderr} = await registry.run('npm', args)
  if (code !== 0) throw new Error(`npm pack ${name}: ${stderr}`)
  return join(directory, '..', `${name}-${version}.tgz`)
}

/** Packs it and publishes it. */
export async function publishToy(
  registry: LoopbackRegistry,
  name: string,
  changes: ToyChanges = {},
  tag = 'latest',
): Promise<void> {
  await registry.publish(await packToy(registry, name, changes), tag)
}
