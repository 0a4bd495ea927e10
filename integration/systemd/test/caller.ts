import type {GatewayStatus} from '@hermes-svc/core'
import type {ExecutionContext} from 'ava'
import {type Answer, parseAnswer, rowOf, withJson} from '../../testing/dist/answer.js'
import {withoutForks} from '../../testing/dist/namespace-processes.js'
import type {Run} from '../../testing/dist/program-run.js'
import {type ExecOptions, type Machine, REPOSITORY} from './machine.js'

/** Which manager a gateway of the account dev is a service of. */
export type Scope = 'user' | 'system'

/** Both, as test titles name them. */
export const SCOPES: readonly Scope[] = ['user', 'system']

/** Each scope once and each release once, for tests that take long: all four are no news to them. */
export const PLACES = [
  {scope: 'user', release: 'bookworm'},
  {scope: 'system', release: 'trixie'},
] as const

/** Where each scope keeps what an administrator makes. */
export const UNITS = {user: '/home/dev/.config/systemd/user', system: '/etc/systemd/system'}

/**
 * Whoever manages the gateways of dev's profile root in a scope: the account itself in that of its own manager, root in
 * that of the system. Nothing more is in the environment of either than cron gives.
 */
export class Caller {
  readonly machine: Machine
  readonly scope: Scope

  constructor(machine: Machine, scope: Scope) {
    this.machine = machine
    this.scope = scope
  }

  /** Whose the units of the scope are. */
  get user(): 'dev' | 'root' {
    return this.scope === 'user' ? 'dev' : 'root'
  }

  /** Runs the CLI; who does so, and where the profile root is, can be said otherwise. */
  async run(args: readonly string[], {env = {}, ...options}: ExecOptions = {}): Promise<Run> {
    const who =
      this.scope === 'user' ? ({user: 'dev', env} as const) : {env: {HERMES_HOME: '/home/dev/.hermes', ...env}}
    return await this.machine.hermes(args, {...who, ...options})
  }

  async json(args: readonly string[], options: ExecOptions = {}): Promise<Answer> {
    return parseAnswer(args, await this.run(withJson(args), options))
  }

  /** Runs the CLI, which must succeed. */
  async done(t: ExecutionContext, args: readonly string[], options: ExecOptions = {}): Promise<Run> {
    const run = await this.run(args, options)
    t.is(run.code, 0, `${args.join(' ')}: ${run.stdout} ${run.stderr}`)
    return run
  }

  /** One gateway's row; throws when the list is not whole or lacks it. */
  async row(profile: string): Promise<GatewayStatus> {
    return rowOf(await this.json(['gateway', 'list']), profile)
  }

  /** Asks the scope's manager with systemd's own tool. */
  async trySystemctl(...args: readonly string[]): Promise<Run> {
    if (this.scope === 'system') return await this.machine.exec(['systemctl', ...args])
    const env = {XDG_RUNTIME_DIR: '/run/user/1000'}
    return await this.machine.exec(['systemctl', '--user', ...args], {user: 'dev', env})
  }

  /** The same, and throws when it fails. */
  async systemctl(...args: readonly string[]): Promise<string> {
    const {code, stdout, stderr} = await this.trySystemctl(...args)
    if (code !== 0) throw new Error(`systemctl ${args.join(' ')} ended with ${String(code)}: ${stdout} ${stderr}`)
    return stdout
  }

  /** Properties that the scope's manager has of a unit. */
  async show<Name extends string>(unit: string, ...names: readonly Name[]): Promise<Record<Name, string>> {
    const text = await this.systemctl('show', unit, ...names.map(name => `--property=${name}`))
    const pairs = text.split('\n').map(line => [line.split('=')[0], line.slice(line.indexOf('=') + 1)])
    return Object.fromEntries(pairs) as Record<Name, string>
  }

  /** Waits until the scope's manager has started what it starts by itself. */
  async settled(): Promise<void> {
    if (this.scope === 'user') await this.machine.userManager('dev')
    // That it is degraded, which is an error here, may be due to some unit of the release's own.
    await this.trySystemctl('is-system-running', '--wait')
  }

  /** Every file and link that this machine has beyond its release, where gateways leave something. */
  async files(): Promise<string[]> {
    const managers = ['/run/systemd', '/run/user/1000/systemd'].flatMap(each => [`${each}/transient`, `${each}/system`])
    const places = [
      '/home',
      '/root',
      '/etc/systemd',
      '/var/lib/hermes-svc',
      '/var/lib/systemd/linger',
      '/tmp',
      ...managers,
    ]
    // The checkout may lie in one of them.
    const script =
      'own=$1; shift; find "$@" -path "$own" -prune -o ! -type d -printf "%p %y %m %u %l\\n" 2>/dev/null | sort'
    const {stdout} = await this.machine.exec(['sh', '-c', script, 'sh', REPOSITORY, ...places])
    const lines = stdout.split('\n').filter(line => line !== '')
    // Claims of the time before a power failure: only their lease tells here that it is over, since the kernel went on.
    const isClaim = (path: string): boolean => path.includes('/hermes-svc/locks/')
    const pathOf = (line: string): string => line.split(' ')[0] ?? ''
    return lines.filter(line => !this.machine.isOfRelease(pathOf(line)) && !isClaim(pathOf(line)))
  }

  /** Pids of the sample Hermes as this profile's gateway, inside the machine. */
  gateways(profile: string): number[] {
    const found = this.machine
      .processes()
      .filter(({argv}) => argv.some(word => word.endsWith('/hermes')))
      .filter(({argv}) => argv.some((word, at) => word === '-p' && argv[at + 1] === profile))
    return withoutForks(found).map(({pid}) => pid)
  }
}
