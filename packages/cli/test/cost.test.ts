// What the commands that monitors call ask of the system: counted, since times are no test.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {Machine, packageRoot, type Run} from './program.js'

const SPY = join(packageRoot, 'test', 'fixtures', 'cost-spy.cjs')
const hasS6 = existsSync('/usr/bin/s6-svscan')

/** How often a command may do something: with one gateway, and for each one more. */
interface Budget {
  /** Files opened, and FIFOs. */
  readonly opens: readonly [number, number]
  /** stat(2), readlink(2) and their like. */
  readonly looks: readonly [number, number]
  /** Directories read. */
  readonly lists: readonly [number, number]
  readonly programs: readonly [number, number]
  /** Files that Node's own loader loads. */
  readonly modules: readonly [number, number]
  /** Modules of Node's own that are not there from the start. Versions of Node differ. */
  readonly builtins: readonly [number, number]
}

/** No program, no module but run.cjs, and the few of Node's that nothing can do without. */
const EVERYWHERE = {programs: [0, 0], modules: [1, 0], builtins: [3, 0]} as const

const BUDGETS: Readonly<Record<string, Budget>> = {
  's6: gateway list --json': {...EVERYWHERE, opens: [13, 2], looks: [37, 2], lists: [2, 0]},
  's6: gateway status --json': {...EVERYWHERE, opens: [16, 3], looks: [39, 4], lists: [2, 0]},
  's6, configured in JSON, beside a backend that was installed: gateway list --json': {
    ...EVERYWHERE,
    opens: [16, 2],
    looks: [41, 2],
    lists: [2, 0],
  },
  's6, configured in JSON, beside a backend that was installed: gateway status --json': {
    ...EVERYWHERE,
    opens: [19, 3],
    looks: [43, 4],
    lists: [2, 0],
  },
  'embedded: gateway list --json': {...EVERYWHERE, opens: [14, 2], looks: [27, 0], lists: [2, 0]},
  'embedded: gateway status --json': {...EVERYWHERE, opens: [17, 3], looks: [29, 2], lists: [2, 0]},
}

/** Another look may come between, where a gateway has just changed its state; what is there each time is the cost. */
const TRIES = 5

type Cost = Readonly<Record<keyof Budget, readonly string[]>>

/** A machine with some gateways that run. */
class Costed {
  readonly #t: ExecutionContext
  readonly #env: Record<string, string>
  readonly machine: Machine

  constructor(t: ExecutionContext, machine: Machine, env: Record<string, string>) {
    this.#t = t
    this.#env = env
    this.machine = machine
  }

  async run(argv: readonly string[], env: Record<string, string> = {}): Promise<Run> {
    const run = await this.machine.run(argv, {env: {...this.#env, OCLIF_COLUMNS: undefined, ...env}})
    this.#t.is(run.code, 0, `${argv.join(' ')}: ${run.stdout}${run.stderr}`)
    return run
  }

  /** After the test no assertion is heard any more. */
  async end(): Promise<void> {
    await this.machine.run(['gateway', 'uninstall', ...NAMES], {env: this.#env})
  }

  async install(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      mkdirSync(this.machine.path('root', 'profiles', name), {recursive: true})
      writeFileSync(this.machine.path('root', 'profiles', name, 'SOUL.md'), '')
      await this.run(['gateway', 'install', name, '--', 'sleep', '1000'])
    }
  }

  /** What a command does the second time: the first one keeps what V8 made. */
  async cost(argv: readonly string[], count: number): Promise<Cost> {
    await this.run(argv)
    const file = this.machine.path('cost.json')
    const {stdout} = await this.run(argv, {NODE_OPTIONS: `--require=${SPY}`, COST: file})
    this.#t.is((JSON.parse(stdout) as {gateways: unknown[]}).gateways.length, count)
    const cost = JSON.parse(readFileSync(file, 'utf8')) as Cost
    // How deep the temporary directory lies is not the program's doing.
    const isAbove = (look: string): boolean => this.machine.directory.startsWith(look.slice(look.indexOf(' ') + 1))
    return {...cost, looks: cost.looks.filter(look => !isAbove(look))}
  }
}

const COMMANDS = [
  ['gateway', 'list', '--json'],
  ['gateway', 'status', '--json'],
]
const NAMES = ['alpha', 'bravo', 'coder', 'delta'] as const

async function assertWithin(
  t: ExecutionContext,
  costed: Costed,
  backend: string,
  count: number,
  allowed: (budget: readonly [number, number]) => number,
): Promise<void> {
  for (const argv of COMMANDS) {
    const title = `${backend}: ${argv.join(' ')}`
    const budget = Object.entries(BUDGETS[title] as Budget) as [keyof Budget, readonly [number, number]][]
    const excess = (cost: Cost): string[] =>
      budget
        .filter(([kind, numbers]) => cost[kind].length > allowed(numbers))
        .map(([kind, numbers]) => {
          const got = `${String(cost[kind].length)}:\n${cost[kind].join('\n')}`
          return `${title} with ${String(count)}, ${kind}: expected at most ${String(allowed(numbers))}, got ${got}`
        })
    let found: string[] = []
    for (let round = 0; round < TRIES; round += 1) {
      found = excess(await costed.cost(argv, count))
      if (found.length === 0) break
    }
    t.deepEqual(found, [], found.join('\n'))
  }
}

async function assertCosts(t: ExecutionContext, backend: string, costed: Costed): Promise<void> {
  t.teardown(async () => {
    await costed.end()
  })
  await costed.install(NAMES[0])
  await assertWithin(t, costed, backend, 1, ([fixed]) => fixed)
  await costed.install(...NAMES.slice(1))
  await assertWithin(t, costed, backend, NAMES.length, ([fixed, each]) => fixed + each * (NAMES.length - 1))
}

async function scandirOf(t: ExecutionContext, machine: Machine): Promise<string> {
  const scandir = machine.path('scandir')
  mkdirSync(scandir)
  const svscan = spawn('s6-svscan', [scandir], {env: {PATH: process.env['PATH']}, stdio: 'ignore'})
  t.teardown(async () => {
    const ended = once(svscan, 'exit')
    svscan.kill('SIGTERM')
    await ended
  })
  while (!existsSync(join(scandir, '.s6-svscan', 'control'))) await new Promise(resolve => setTimeout(resolve, 10))
  return scandir
}

if (hasS6) {
  test('list and status on s6 cost what is allowed', async t => {
    const machine = new Machine(t)
    const scandir = await scandirOf(t, machine)
    const backends = JSON.stringify({s6: {scandir}})
    await assertCosts(t, 's6', new Costed(t, machine, {HERMES_SVC_BACKENDS: backends}))
  })

  test('so they do with a configuration in JSON, and beside a backend that was installed', async t => {
    const machine = new Machine(t)
    const scandir = await scandirOf(t, machine)
    machine.link()
    writeFileSync(machine.path('config', 'config.json'), JSON.stringify({backend: 's6', backends: {s6: {scandir}}}))
    await assertCosts(t, 's6, configured in JSON, beside a backend that was installed', new Costed(t, machine, {}))
  })
} else {
  test.skip('list and status on s6 cost what is allowed (skipped: needs s6)', () => undefined)
}

test('list and status on embedded cost what is allowed', async t => {
  const machine = new Machine(t)
  await assertCosts(t, 'embedded', new Costed(t, machine, {HERMES_SVC_BACKEND: 'embedded'}))
})
