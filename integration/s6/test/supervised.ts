import type {GatewayStatus} from '@hermes-svc/core'
import type {ExecutionContext} from 'ava'
import {type Answer, parseAnswer, rowOf, withJson} from '../../testing/dist/answer.js'
import {eventually} from '../../testing/dist/eventually.js'
import {type ContainedProcess, withoutForks} from '../../testing/dist/namespace-processes.js'
import type {Run} from '../../testing/dist/program-run.js'
import {type Account, Container, type ContainerOptions, REPOSITORY} from './container.js'

const CLI = ['/opt/node', `${REPOSITORY}/packages/cli/bin/run.cjs`]

/** What s6-svstat says of a slot. */
export interface Svstat {
  readonly isUp: boolean
  readonly isWanted: boolean
  readonly isNormallyUp: boolean
  readonly pid: number
}

/** A container with the CLI in it, used by one account, and what s6's own tools see meanwhile. */
export class Supervised {
  readonly container: Container
  readonly user: Account

  private constructor(container: Container, user: Account) {
    this.container = container
    this.user = user
  }

  static async start(t: ExecutionContext, options: ContainerOptions, user: Account): Promise<Supervised> {
    return new Supervised(await Container.start(t, options), user)
  }

  /** Runs the CLI as the account. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
    const quick = {HERMES_SVC_START_SETTLE: '200ms', HERMES_SVC_STOP_TIMEOUT: '3s', HERMES_SVC_RESTART_DELAY: '100ms'}
    return await this.container.exec([...CLI, ...args], {user: this.user, env: {...quick, ...env}})
  }

  async json(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return parseAnswer(args, await this.run(withJson(args), env))
  }

  /** Runs the CLI, which must succeed. */
  async done(t: ExecutionContext, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
    const run = await this.run(args, env)
    t.is(run.code, 0, `${args.join(' ')}: ${run.stdout} ${run.stderr} ${this.container.console}`)
    return run
  }

  /** One gateway's row; throws when the list is not whole or lacks it. */
  async row(profile: string): Promise<GatewayStatus> {
    return rowOf(await this.json(['gateway', 'list']), profile)
  }

  /** What s6-svstat says, asked by root. */
  async svstat(profile: string): Promise<Svstat> {
    const slot = `/run/service/gateway-${profile}`
    const {stdout, stderr} = await this.container.exec(['/command/s6-svstat', '-o', 'up,wantedup,normallyup,pid', slot])
    const [up, wanted, normally, pid] = stdout.trim().split(' ')
    if (pid === undefined) throw new Error(`s6-svstat ${slot}: ${stderr}`)
    return {isUp: up === 'true', isWanted: wanted === 'true', isNormallyUp: normally === 'true', pid: Number(pid)}
  }

  /** Runs a command as root and gives its output; throws when it fails. */
  async root(...argv: string[]): Promise<string> {
    const {code, stdout, stderr} = await this.container.exec(argv)
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`)
    return stdout
  }

  /** Writes a file as the account hermes, in a directory that is made when it is not there. */
  async write(path: string, text: string): Promise<void> {
    const script = 'mkdir -p "${1%/*}" && cat >"$1"'
    const {code, stderr} = await this.container.exec(['sh', '-c', script, 'sh', path], {user: 'hermes', input: text})
    if (code !== 0) throw new Error(`${path}: ${stderr}`)
  }

  /** What the sample Hermes does as this profile's gateway from its next start on; see hermes.sh. */
  async behave(profile: string, script: string): Promise<void> {
    await this.write(`/opt/data/behaviour/${profile}`, `${script}\n`)
  }

  /** Pids of the gateway's own process, as the operating system has them. */
  gateways(profile: string): number[] {
    return withoutForks(this.#hermes(profile)).map(({pid}) => pid)
  }

  /**
   * Waits until the sample Hermes of this profile has done all that comes before its waiting, and gives its pid. Before that a
   * signal may find no trap: hermes-svc takes for started what has lived for its settle time, wherever it has got to by then.
   */
  async ready(profile: string): Promise<number> {
    return await eventually(`the gateway of ${profile} waits`, () => {
      const all = this.container.processes()
      const waits = ({hostPid}: ContainedProcess): boolean =>
        all.some(({hostParent, argv}) => hostParent === hostPid && argv[0] === 'sleep')
      return withoutForks(this.#hermes(profile, all)).find(waits)?.pid
    })
  }

  #hermes(profile: string, among = this.container.processes()): ContainedProcess[] {
    return among.filter(({argv}) => {
      const at = argv.findIndex(each => each.endsWith('/hermes') || each === 'hermes')
      const words = argv.slice(at + 1)
      return at >= 0 && (profile === 'default' ? words[0] === 'gateway' : words[0] === '-p' && words[1] === profile)
    })
  }

  /** Sends a signal, such as HUP, to the gateway's own process, which is ready for it. */
  async kill(profile: string, signal: string): Promise<void> {
    const pid = await this.ready(profile)
    await this.root('sh', '-c', 'kill -s "$1" "$2"', 'sh', signal, String(pid))
  }

  /** Every process but PID 1, as `argv[0] argv[1]`. */
  others(): string[] {
    return this.container
      .processes()
      .filter(({pid}) => pid !== 1)
      .map(({argv}) => argv.slice(0, 2).join(' '))
  }

  /** The scan directory: each path with type, mode and owner. */
  async scandir(): Promise<string> {
    return await this.root('sh', '-c', 'cd /run/service && find . -printf "%p %y %m %u %l\\n" | sort')
  }
}
