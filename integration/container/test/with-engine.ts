import anyTest, {type ExecutionContext} from 'ava'
import {LoopbackNetwork} from '../../plugins/dist-test/loopback-network.js'
import {LoopbackRegistry} from '../../plugins/dist-test/registry.js'
import {TREES} from '../../s6/dist-test/rootfs.js'
import {Lanes, LONGEST_TURN_MS} from '../../testing/dist/lanes.js'
import {whyNotPrograms} from '../../testing/dist/program-run.js'
import {DockerEngine} from './docker-engine.js'
import {buildImages, RELEASE} from './images.js'

const PREPARING_MS = 600_000

/** Declares a test that is given an engine with the images. */
export type DeclareTest = (
  title: string,
  implementation: (t: ExecutionContext, engine: DockerEngine) => Promise<void>,
) => void

/** Why dockerd does not come up here, or an empty string. */
async function whyNoDaemon(): Promise<string> {
  const network = await LoopbackNetwork.open()
  try {
    const engine = await DockerEngine.start((file, args) => network.spawn(file, args, {stdio: 'ignore'}))
    await engine.stop()
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await network.close()
  }
}

async function whyNot(): Promise<string> {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'needs root to run a container engine'
  const missing = whyNotPrograms('dockerd', 'docker', 'unshare', 'nsenter', 'setpriv', 'flock', 'ip', 'npm', 'tar')
  return missing || TREES.whyNot(RELEASE) || (await whyNoDaemon())
}

/** Gives the tests of a file one engine with the example's images, three at a time. Where there can be none they are skipped, and say why. */
export async function withEngine(): Promise<DeclareTest> {
  const reason = await whyNot()
  const test = anyTest
  if (reason !== '') {
    return title => {
      test.skip(`${title} (skipped: ${reason})`, t => t.pass())
    }
  }
  let registry: LoopbackRegistry | undefined
  let engine: DockerEngine | undefined
  test.before('the images', async t => {
    t.timeout(PREPARING_MS)
    const started = await LoopbackRegistry.start()
    registry = started
    engine = await DockerEngine.start((file, args) => started.spawn(file, args))
    await buildImages(engine, registry)
  })
  test.after.always('the engine ends', async () => {
    await engine?.stop()
    await registry?.stop()
  })
  const lanes = new Lanes(3)
  return (title, implementation) => {
    const inTurn = lanes.next()
    test(title, async t => {
      t.timeout(LONGEST_TURN_MS)
      await inTurn(async () => {
        if (engine === undefined) throw new Error('expected an engine')
        await implementation(t, engine)
      })
    })
  }
}
