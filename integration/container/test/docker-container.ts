import {randomBytes} from 'node:crypto'
import type {GatewayStatus} from '@hermes-svc/core'
import type {ExecutionContext} from 'ava'
import {type Answer, parseAnswer, rowOf, withJson} from '../../testing/dist/answer.js'
import {eventually} from '../../testing/dist/eventually.js'
import type {Run} from '../../testing/dist/program-run.js'
import type {DockerEngine} from './docker-engine.js'

const BOOT_MS = 120_000
const EXEC_MS = 120_000
const UPSTREAM_SLOT = '/opt/hermes/docker/upstream-slot.sh'

/** Settings of the program that keep tests short; they are the container's, so boot hooks have them too. */
const QUICK = {
  HERMES_SVC_START_SETTLE: '200ms',
  HERMES_SVC_RESTART_DELAY: '100ms',
  HERMES_SVC_STOP_TIMEOUT: '20s',
  S6_KILL_GRACETIME: '200',
}

/** Who runs a program in the container. */
export type Account = 'root' | 'hermes'

/** How a container is started. */
export interface ContainerOptions {
  /** Further arguments of `docker run`. */
  readonly flags?: readonly string[]
  /** What it runs instead of the image's own command. */
  readonly command?: readonly string[]
}

/** A container of an engine, over a volume that outlives it. */
export class DockerContainer {
  readonly name: string
  readonly volume: string
  readonly #engine: DockerEngine
  readonly #image: string
  readonly #options: ContainerOptions

  private constructor(engine: DockerEngine, image: string, volume: string, options: ContainerOptions) {
    this.name = `c-${randomBytes(4).toString('hex')}`
    this.volume = volume
    this.#engine = engine
    this.#image = image
    this.#options = options
  }

  /** Starts one, on a volume of its own unless one is given, and waits until it has booted. */
  static async start(
    t: ExecutionContext,
    engine: DockerEngine,
    image: string,
    {volume = `v-${randomBytes(4).toString('hex')}`, ...options}: ContainerOptions & {volume?: string} = {},
  ): Promise<DockerContainer> {
    const container = new DockerContainer(engine, image, volume, options)
    t.teardown(() => engine.run(['rm', '-f', container.name]))
    await container.#create()
    await container.untilBooted()
    return container
  }

  async #create(): Promise<void> {
    const variables = Object.entries(QUICK).flatMap(([key, value]) => ['-e', `${key}=${value}`])
    const {flags = [], command = []} = this.#options
    const fixed = ['run', '-d', '--name', this.name, '--network', 'none', '-v', `${this.volume}:/opt/data`]
    await this.#engine.done(...fixed, ...variables, ...flags, this.#image, ...command)
  }

  /** Waits until all boot hooks of the latest start have ended: after a restart the mark of the boot before is there for a while. */
  async untilBooted(): Promise<void> {
    const hasBooted = async () => {
      const since = await this.inspect('{{.State.StartedAt}}')
      return (await this.exec(['find', '/run/s6/booted', '-newermt', since])).stdout !== ''
    }
    await eventually(`the boot of ${this.name}`, hasBooted, BOOT_MS)
  }

  /** Removes the container, running or not, and makes another on the same volume. */
  async recreate(): Promise<void> {
    await this.#engine.done('rm', '-f', this.name)
    await this.#create()
    await this.untilBooted()
  }

  /** Runs a docker command on this container: its name is put after these words. */
  async docker(...words: readonly string[]): Promise<string> {
    return await this.#engine.done(...words, this.name)
  }

  /** What `docker inspect` says, by a template. */
  async inspect(template: string): Promise<string> {
    return await this.docker('inspect', '--format', template)
  }

  /** What was written to the container's log. */
  async log(): Promise<string> {
    const {stdout, stderr} = await this.#engine.run(['logs', this.name])
    return stdout + stderr
  }

  /** Runs a program in it. */
  async exec(argv: readonly string[], user: Account = 'root'): Promise<Run> {
    return await this.#engine.run(['exec', '-u', user, this.name, ...argv], EXEC_MS)
  }

  /** Runs a shell script that must succeed; gives what it prints. */
  async sh(script: string, user: Account = 'root'): Promise<string> {
    const {code, stdout, stderr} = await this.exec(['sh', '-ec', script], user)
    if (code !== 0) throw new Error(`${script}: ${stderr}`)
    return stdout
  }

  async json(args: readonly string[], user: Account = 'root'): Promise<Answer> {
    return parseAnswer(args, await this.exec(['hermes-svc', ...withJson(args)], user))
  }

  /** Runs hermes-svc, which must succeed. */
  async done(t: ExecutionContext, args: readonly string[], user: Account = 'root'): Promise<Run> {
    const run = await this.exec(['hermes-svc', ...args], user)
    t.is(run.code, 0, `${args.join(' ')}: ${run.stdout} ${run.stderr} ${await this.log()}`)
    return run
  }

  /** One gateway's row; throws when the list is not whole or lacks it. */
  async row(profile: string): Promise<GatewayStatus> {
    return rowOf(await this.json(['gateway', 'list']), profile)
  }

  /** Makes a profile as Hermes does, with a slot in Hermes' image; `behaviour` is for the stand-in, see image/hermes. */
  async addProfile(profile: string, behaviour = ''): Promise<void> {
    await this.sh(
      `mkdir -p "$HERMES_HOME/profiles/${profile}" "$HERMES_HOME/behaviour"
      echo "You are ${profile}." >"$HERMES_HOME/profiles/${profile}/SOUL.md"
      echo '${behaviour}' >"$HERMES_HOME/behaviour/${profile}"
      [ -x ${UPSTREAM_SLOT} ] && [ ! -d /run/service/gateway-${profile} ] || exit 0
      ${UPSTREAM_SLOT} ${profile} down
      /command/s6-svscanctl -a /run/service`,
      'hermes',
    )
  }

  /** Makes profiles and installs their gateways, which are ready for signals. */
  async install(t: ExecutionContext, ...profiles: readonly string[]): Promise<void> {
    for (const profile of profiles) {
      await this.addProfile(profile)
      await this.done(t, ['gateway', 'install', profile, '--adopt'])
      await this.untilStarted(profile, 1)
    }
  }

  /** How often Hermes' gateway of that profile was started on this volume. */
  async starts(profile: string): Promise<number> {
    const lines = (await this.sh('cat "$HERMES_HOME/starts" 2>/dev/null || :')).split('\n')
    return lines.filter(line => line.startsWith(`${profile} `)).length
  }

  /**
   * Waits until a gateway was started so many times on this volume, and is ready for signals: hermes-svc takes for started what has
   * lived for its settle time, wherever it has got to by then.
   */
  async untilStarted(profile: string, times: number): Promise<void> {
    await eventually(`start ${String(times)} of ${profile}`, async () => (await this.starts(profile)) >= times)
  }
}
