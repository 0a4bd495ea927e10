import {cpSync, mkdtempSync, realpathSync, rmSync} from 'node:fs'
import {spawnSync} from 'node:child_process'
import {tmpdir} from 'node:os'
import {basename, dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {LoopbackRegistry} from '../../plugins/dist-test/registry.js'
import {TREES} from '../../s6/dist-test/rootfs.js'
import type {DockerEngine} from './docker-engine.js'

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))
const PACK = join(REPOSITORY, 'scripts', 'pack-packages.js')
const STAND_INS = join(REPOSITORY, 'integration', 'container', 'image')
const UPSTREAM_SLOT = join(REPOSITORY, 'integration', 's6', 'upstream-slot.sh')
const EXAMPLE = join(REPOSITORY, 'examples', 'container')

/** The release of Debian that Hermes' image is made of. */
export const RELEASE = 'trixie'

/** The image that the example's Dockerfile makes of something like Hermes' image. */
export const ON_HERMES = 'on-hermes'

/** The same of a plain image with s6-overlay. */
export const ON_OVERLAY = 'on-overlay'

async function importTrees(engine: DockerEngine): Promise<void> {
  const tree = ['-C', await TREES.prepare(RELEASE), '.']
  const npm = dirname(dirname(realpathSync(spawnSync('sh', ['-c', 'command -v npm']).stdout.toString().trim())))
  const node = realpathSync(process.execPath)
  const moves = [`s,^${basename(node)}$,usr/local/bin/node,`, `s,^${basename(npm)}/,usr/local/lib/node_modules/npm/,`]
  await engine.importImage('tree', tree)
  await engine.importImage('node-tree', [
    ...moves.flatMap(move => ['--transform', move]),
    ...tree,
    ...['-C', dirname(node), basename(node)],
    ...['-C', dirname(npm), `${basename(npm)}/`],
  ])
}

async function buildStandIns(engine: DockerEngine, directory: string): Promise<void> {
  const context = join(directory, 'stand-ins')
  cpSync(STAND_INS, context, {recursive: true})
  cpSync(UPSTREAM_SLOT, join(context, basename(UPSTREAM_SLOT)))
  const trees = ['--build-arg', 'TREE=tree', '--build-arg', 'NODE_TREE=node-tree']
  for (const name of ['overlay', 'hermes', 'node'])
    await engine.done('build', '--network', 'none', ...trees, '--target', name, '-t', name, context)
}

/** Builds the example's images as its README says, with stand-ins for the public images and a registry on loopback. */
export async function buildImages(engine: DockerEngine, registry: LoopbackRegistry): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'images-'))
  try {
    const context = join(directory, 'example')
    cpSync(EXAMPLE, context, {recursive: true})
    const packing = registry.run(process.execPath, [PACK, join(context, 'packages'), '--os', 'linux'], {
      cwd: REPOSITORY,
    })
    await importTrees(engine)
    await buildStandIns(engine, directory)
    const {code, stderr} = await packing
    if (code !== 0) throw new Error(`pack-packages.js ended with ${String(code)}: ${stderr}`)
    const names = ['NODE_IMAGE=node', `NPM_REGISTRY=${registry.url}`].flatMap(each => ['--build-arg', each])
    for (const [name, base] of [
      [ON_HERMES, 'hermes'],
      [ON_OVERLAY, 'overlay'],
    ] as const)
      await engine.done(
        'build',
        '--network',
        'host',
        ...names,
        '--build-arg',
        `BASE_IMAGE=${base}`,
        '-t',
        name,
        context,
      )
  } finally {
    rmSync(directory, {recursive: true})
  }
}
