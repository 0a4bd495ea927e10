import {cpSync} from 'node:fs'
import {basename, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import anyTest from 'ava'
import {whyNotPrograms} from '../../testing/dist/program-run.js'
import type {LoopbackRegistry} from './registry.js'
import {type DeclareTest, withRegistry} from './with-registry.js'

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))
const EXAMPLE = join(REPOSITORY, 'examples', 'backend-runit')

/** What the example is developed with, and what that needs. */
const DEVELOPED_WITH = ['typescript', '@types/node', 'undici-types']

/** The runsvdir that the example brings for its own test. */
export interface Runsvdir {
  readonly directory: string
  boot(): Promise<void>
  cutPower(): Promise<void>
  remove(): Promise<void>
}

/** Starts one over an empty directory. */
export async function startRunsvdir(): Promise<Runsvdir> {
  const module = (await import(join(EXAMPLE, 'test', 'runsvdir.js'))) as {Runsvdir: {start(): Promise<Runsvdir>}}
  return await module.Runsvdir.start()
}

/** Copies the example, as somebody finds it in the repository, to a directory of its own. */
export function copyExample(to: string): void {
  cpSync(EXAMPLE, to, {recursive: true, filter: path => basename(path) !== 'node_modules'})
}

async function pack(registry: LoopbackRegistry, directory: string): Promise<string> {
  const args = ['pack', directory, '--json', '--ignore-scripts', '--pack-destination', registry.directory]
  const {code, stdout, stderr} = await registry.run('npm', args)
  if (code !== 0) throw new Error(`npm pack ${directory}: ${stderr}`)
  const [packed] = JSON.parse(stdout) as [{filename: string}]
  return join(registry.directory, packed.filename)
}

/** Publishes the example as its author would. */
export async function publishExample(registry: LoopbackRegistry): Promise<void> {
  await registry.publish(await pack(registry, EXAMPLE))
}

/** Publishes what the example is developed with, where the registry has not got it anyway. */
export async function publishDevelopment(registry: LoopbackRegistry): Promise<void> {
  for (const name of DEVELOPED_WITH) {
    if ((await registry.run('npm', ['view', name, 'version'])).code === 0) continue
    await registry.publish(await pack(registry, join(REPOSITORY, 'node_modules', name)))
  }
}

/** As withRegistry, with the published packages of this repository in the registry, and with runit beside it. */
export function withRunit(prepare: (registry: LoopbackRegistry) => Promise<void>): DeclareTest {
  const reason = whyNotPrograms('runsvdir', 'svlogd', 'chpst')
  const test = anyTest
  if (reason !== '') {
    return title => {
      test.skip(`${title} (${reason})`, t => t.pass())
    }
  }
  return withRegistry(async registry => {
    await registry.publishProduct()
    await prepare(registry)
  })
}
