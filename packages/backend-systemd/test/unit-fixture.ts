import {randomBytes} from 'node:crypto'
import {chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {type BackendContext, type GatewaySpec, type GatewayStatus, type ServiceManager} from '@hermes-svc/core'
import {suiteContext} from '@hermes-svc/core/conformance'
import ava, {type ExecutionContext} from 'ava'
import {backend} from '../dist/index.js'
import {plainSpec} from './plain-gateway.js'
import {eventually, UserManager, whyNoUserManager} from './user-manager.js'
import {WatchedSocket} from './watched-socket.js'

/** Root's own manager is then the system's. */
const whyNot =
  whyNoUserManager === '' && existsSync('/run/systemd/private') ? 'needs no system manager beside' : whyNoUserManager

/** Whether a process is there and not a zombie. */
export function lives(pid: number | null | undefined): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${String(pid)}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** A profile root with the bare manager for it, whose gateways are units of a real `systemd --user`. */
export class UnitFixture {
  readonly systemd: UserManager
  readonly root: string
  readonly warnings: string[] = []
  readonly context: BackendContext
  readonly manager: ServiceManager
  readonly profile = `coder-${randomBytes(4).toString('hex')}`

  /** `name` is what the name of the profile root begins with. */
  constructor(systemd: UserManager, id: number, runtimeDirectory = systemd.runtimeDirectory, name = 'hsvc-units-') {
    this.systemd = systemd
    this.root = mkdtempSync(join(tmpdir(), name))
    chownSync(this.root, id, id)
    const warn = (message: string): number => this.warnings.push(message)
    this.context = suiteContext(this.root, {
      env: {PATH: '/usr/bin:/bin', XDG_RUNTIME_DIR: runtimeDirectory},
      logger: {debug: () => undefined, warn, incomplete: warn},
    })
    this.manager = this.create()
  }

  /** Another one of the same, with connections of its own. */
  create(): ServiceManager {
    return backend.create(this.context)
  }

  /** Path of the unit of ours for a profile. */
  unit(profile = this.profile): string {
    return join(this.systemd.units, `hermes-svc-${profile}.service`)
  }

  /** The link by which it starts with the manager. */
  link(profile = this.profile): string {
    return join(this.systemd.units, 'default.target.wants', `hermes-svc-${profile}.service`)
  }

  /** Where notes and environment of a gateway are. */
  own(profile = this.profile): string {
    return join(this.context.paths.gateways, profile, 'systemd')
  }

  spec(changes: Partial<GatewaySpec> = {}): GatewaySpec {
    return plainSpec({
      profile: this.profile,
      argv: ['/bin/sleep', '1000'],
      env: {PATH: '/usr/bin:/bin'},
      cwd: this.root,
      account: null,
      stopTimeoutMs: 300,
      ...changes,
    })
  }

  /** Installs and starts it. */
  async run(changes: Partial<GatewaySpec> = {}): Promise<GatewayStatus> {
    const {profile} = await this.manager.install(this.spec(changes))
    await this.manager.start(profile)
    return await this.reaches('running', profile)
  }

  async status(profile = this.profile): Promise<GatewayStatus> {
    const [row] = await this.manager.status([profile])
    if (row === undefined) throw new Error(`expected a unit of ${profile}, got none`)
    return row
  }

  async reaches(state: GatewayStatus['state'], profile = this.profile): Promise<GatewayStatus> {
    let row = await this.status(profile)
    await eventually(`${profile} is ${state}`, async () => (row = await this.status(profile)).state === state)
    return row
  }

  /** Writes a unit as Hermes would make it, which nobody enables or starts. Returns its path. */
  writeForeign(label: string, lines: readonly string[] = ['ExecStart=/bin/sleep 1000']): string {
    const name = label === '' ? 'hermes-gateway.service' : `hermes-gateway-${label}.service`
    return this.systemd.writeUnit(name, ['[Service]', ...lines, '[Install]', 'WantedBy=default.target', ''].join('\n'))
  }

  /** Lays something over a unit; the manager is not told. */
  writeDropIn(path: string, text: string, name = 'mine.conf'): string {
    const file = join(`${path}.d`, name)
    mkdirSync(dirname(file), {recursive: true})
    writeFileSync(file, text)
    return file
  }

  /** Every file below the profile root. */
  files(): string[] {
    const entries = readdirSync(this.root, {recursive: true, withFileTypes: true})
    return entries.filter(entry => entry.isFile()).map(({parentPath, name}) => join(parentPath, name))
  }

  /** Ends and removes every unit of the manager that is a gateway's, whoever made it, and the profile root. */
  remove(): void {
    rmSync(this.root, {recursive: true, force: true})
    this.systemd.systemctl('stop', 'hermes-*')
    rmSync(this.systemd.units, {recursive: true, force: true})
    this.systemd.systemctl('daemon-reload')
    this.systemd.systemctl('reset-failed')
  }
}

type Run = (t: ExecutionContext, fixture: UnitFixture) => Promise<void>

/** What is different where a manager is not root's own. */
interface Prepare {
  /** Whose manager and profile roots they are, uid and gid. */
  readonly id: number
  /** Makes the manager be found; resolves to what XDG_RUNTIME_DIR is. */
  run(systemd: UserManager): Promise<string>
}

/** How tests of one file are declared that share a manager: one after the other, each with a profile root of its own. */
export function unitTests(prepare?: Prepare): (title: string, run: Run) => void {
  if (whyNot !== '')
    return title => {
      ava.skip(`${title} (skipped: ${whyNot})`, () => undefined)
    }
  const id = prepare?.id ?? 0
  const systemd = new UserManager({id})
  let runtimeDirectory: string | undefined
  ava.before('a manager is there', async () => {
    await systemd.start()
    runtimeDirectory = await prepare?.run(systemd)
  })
  ava.after.always('no manager is left', () => systemd.remove())
  return (title, run) => {
    ava.serial(title, async t => {
      const fixture = new UnitFixture(systemd, id, runtimeDirectory)
      t.teardown(() => {
        fixture.remove()
      })
      await run(t, fixture)
    })
  }
}

/** The same root and manager through a socket that knows what is called. */
export async function watch(
  t: ExecutionContext,
  fixture: UnitFixture,
): Promise<{socket: WatchedSocket; manager: ServiceManager}> {
  const socket = await new WatchedSocket(fixture.systemd.socket).listen()
  t.teardown(() => {
    socket.close()
  })
  const env = {...fixture.context.env, XDG_RUNTIME_DIR: socket.runtimeDirectory}
  return {socket, manager: backend.create({...fixture.context, env})}
}
