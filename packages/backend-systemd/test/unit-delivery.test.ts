import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {type GatewaySpec, serviceError} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import fc from 'fast-check'
import {Bus} from '../dist/bus.js'
import {planUnit} from '../dist/plan-unit.js'
import {SystemdManager} from '../dist/systemd-manager.js'
import {lastExitPath, unitName} from '../dist/unit-paths.js'
import {unquotableProgramReason} from '../dist/unit-words.js'
import {environment, fileName, holdableText} from './hostile-texts.js'
import {plainFacts, plainSpec} from './plain-gateway.js'
import {eventually, UserManager, whyNoUserManager} from './user-manager.js'

const ROUNDS = 3
const AT_ONCE = 40

// /proc has what was given to execve(2), whatever this shell makes of it.
const WITNESS = `#!/bin/sh
/bin/cat "/proc/$$/cmdline" > "$0.argv"
/bin/cat "/proc/$$/environ" > "$0.env"
/bin/readlink -n "/proc/$$/cwd" > "$0.cwd"
echo seen
`

interface Gateway {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly root: string
  readonly description: string
}

const pathName = fileName(holdableText).map(name => name.replaceAll(/[\r\n]/g, '_'))
const gateway: fc.Arbitrary<Gateway> = fc.record({
  program: pathName.map(name => (unquotableProgramReason(`/${name}`) === null ? name : 'x')),
  args: fc.array(holdableText, {maxLength: 12}),
  env: environment(holdableText),
  cwd: pathName,
  root: pathName,
  description: holdableText,
})

/** One gateway on disk: the plan of it is written down, and a program that tells what it was given. */
class Delivery {
  readonly profile: string
  readonly spec: GatewaySpec
  readonly #given: Gateway
  readonly #gateways: string
  readonly #logs: string

  constructor(directory: string, index: number, manager: UserManager, given: Gateway) {
    const at = (...names: string[]): string => join(directory, String(index), ...names)
    this.profile = `p${String(index)}`
    this.#given = given
    const root = at('root', given.root)
    this.#gateways = join(root, 'gateways')
    this.#logs = join(root, 'logs')
    const program = at('program', given.program)
    const cwd = at('cwd', given.cwd)
    for (const path of [dirname(program), cwd]) mkdirSync(path, {recursive: true})
    writeFileSync(program, WITNESS, {mode: 0o755})
    const {description, args, env} = given
    this.spec = plainSpec({profile: this.profile, description, argv: [program, ...args], env, cwd, account: null})
    const facts = plainFacts({
      root,
      gateways: this.#gateways,
      logs: this.#logs,
      journal: false,
      user: {unitDirectory: manager.units, account: null, unreachable: null},
    })
    for (const {kind, path, mode, contents} of planUnit(this.spec, facts, {error: serviceError}).entries) {
      if (kind === 'directory') mkdirSync(path, {recursive: true, mode})
      else writeFileSync(path, contents ?? '', {mode})
    }
  }

  /** Whether the program ran to its end, and the unit noted that. */
  get isOver(): boolean {
    const path = lastExitPath(this.#gateways, this.profile)
    return existsSync(path) && readFileSync(path, 'utf8').endsWith('\n')
  }

  assertDelivered(t: ExecutionContext): void {
    const {argv, env, cwd} = this.spec
    const [program = ''] = argv
    const read = (end: string): string => readFileSync(`${program}.${end}`, 'utf8')
    const what = JSON.stringify(this.#given)
    t.is(readFileSync(lastExitPath(this.#gateways, this.profile), 'utf8'), 'success exited 0\n', what)
    // The interpreter of the witness stands before it.
    t.deepEqual(read('argv').split('\0').slice(1, -1), argv, what)
    const entries = new Set(read('env').split('\0').slice(0, -1))
    for (const [key, value] of Object.entries(env)) t.true(entries.has(`${key}=${value}`), `${key} of ${what}`)
    t.is(read('cwd'), cwd, what)
    t.is(readFileSync(join(this.#logs, this.profile, 'current'), 'utf8'), 'seen\n', what)
  }
}

async function runAll(t: ExecutionContext, manager: UserManager, gateways: readonly Gateway[]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'hsvc-delivery-'))
  chmodSync(directory, 0o755)
  const bus = await Bus.open({socket: manager.socket, direct: true})
  const systemd = new SystemdManager(bus)
  try {
    const deliveries = gateways.map((given, index) => new Delivery(directory, index, manager, given))
    await systemd.reload()
    await Promise.all(deliveries.map(({profile}) => systemd.start(unitName(profile))))
    await eventually('every program ran to its end', () => deliveries.every(({isOver}) => isOver)).catch(
      (error: unknown) => {
        const late = deliveries.filter(({isOver}) => !isOver).map(({spec}) => JSON.stringify(spec))
        throw new Error(`${late.join('\n')}\n${manager.log.slice(-4000)}`, {cause: error})
      },
    )
    for (const delivery of deliveries) delivery.assertDelivered(t)
  } finally {
    bus.close()
    rmSync(directory, {recursive: true, force: true})
  }
}

const why = whyNoUserManager === '' ? '' : ` (skipped: ${whyNoUserManager})`
const delivering = whyNoUserManager === '' ? test : test.skip

delivering(
  `whatever is not refused reaches the program byte for byte, and so do logs and last exit their files${why}`,
  async t => {
    const manager = new UserManager()
    t.teardown(() => manager.remove())
    await manager.start()
    mkdirSync(manager.units, {recursive: true})
    // Shrinking would start hundreds of gateways; each of these is shown as it is.
    for (let round = 0; round < ROUNDS; round += 1) await runAll(t, manager, fc.sample(gateway, AT_ONCE))
  },
)
