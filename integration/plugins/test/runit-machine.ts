import {spawn} from 'node:child_process'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import anyTest, {type ExecutionContext} from 'ava'
import type {GatewayStatus} from '@hermes-svc/core'
import {type Answer, parseAnswer, withJson} from '../../testing/dist/answer.js'
import {collectRun, type Run, whyNotPrograms} from '../../testing/dist/program-run.js'
import {copyExample, type Runsvdir, startRunsvdir} from './runit-example.js'

const PROGRAM = fileURLToPath(new URL('../../../packages/cli/bin/run.cjs', import.meta.url))
const LONGEST_MS = 60_000

/** A runsvdir, and the program of this repository with the example linked. */
export class RunitMachine {
  readonly directory: string
  readonly runsvdir: Runsvdir

  private constructor(directory: string, runsvdir: Runsvdir) {
    this.directory = directory
    this.runsvdir = runsvdir
  }

  static async start(t: ExecutionContext): Promise<RunitMachine> {
    const machine = new RunitMachine(mkdtempSync(join(tmpdir(), 'runit-')), await startRunsvdir())
    t.teardown(async () => {
      await machine.runsvdir.remove()
      rmSync(machine.directory, {recursive: true})
    })
    // Other accounts look in.
    chmodSync(machine.directory, 0o755)
    for (const name of ['home', 'root', 'data']) mkdirSync(machine.path(name))
    const configuration = {backends: {runit: {directory: machine.runsvdir.directory}}}
    writeFileSync(machine.path('config.json'), JSON.stringify(configuration))
    const plugin = machine.path('hermes-svc-backend-runit')
    copyExample(plugin)
    await machine.done(t, ['plugins', 'link', plugin])
    return machine
  }

  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts)
  }

  /** The directory of a service. */
  service(profile: string, ...parts: readonly string[]): string {
    return join(this.runsvdir.directory, `hermes-${profile}`, ...parts)
  }

  /** Runs any program with what the program of ours needs of an environment. */
  async run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
    const own = {
      PATH: process.env['PATH'],
      HOME: this.path('home'),
      HERMES_HOME: this.path('root'),
      HERMES_SVC_DATA_DIR: this.path('data'),
      HERMES_SVC_CACHE_DIR: this.path('cache'),
      HERMES_SVC_CONFIG: this.path('config.json'),
      HERMES_SVC_START_SETTLE: '100ms',
    }
    const run = process.env['HERMES_SVC_TEST_RUN']
    const all = {...own, ...(run !== undefined && {HERMES_SVC_TEST_RUN: run}), ...env}
    return await collectRun(spawn(file, args, {env: all, cwd: this.directory, stdio: 'pipe'}), '', LONGEST_MS)
  }

  /** Runs the program of ours. */
  async program(args: readonly string[]): Promise<Run> {
    return await this.run(process.execPath, [PROGRAM, ...args])
  }

  /** What the program says as JSON; `as` are words that run it as somebody else. */
  async answer(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    as: readonly string[] = [],
  ): Promise<Answer> {
    const [file = '', ...words] = [...as, process.execPath, PROGRAM, ...withJson(args)]
    return parseAnswer(args, await this.run(file, words, env))
  }

  /** Runs the program, which has to succeed. */
  async done(
    t: ExecutionContext,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const answer = await this.answer(args, env)
    t.is(answer.code, 0, JSON.stringify(answer))
    return answer
  }

  /** Installs a gateway that runs this script. */
  async install(
    t: ExecutionContext,
    profile: string,
    script: string,
    options: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const argv = ['--', '/bin/sh', '-c', script]
    await this.done(t, ['gateway', 'install', profile, '--backend', 'runit', ...options, ...argv], env)
  }

  async row(profile: string): Promise<GatewayStatus | undefined> {
    const {gateways} = await this.answer(['gateway', 'list', '--backend', 'runit'])
    return gateways?.find(each => each.profile === profile)
  }
}

function whyNot(): string {
  return process.getuid?.() === 0 ? whyNotPrograms('runsvdir', 'svlogd', 'chpst', 'sv', 'setpriv') : 'needs root'
}

/** Declares a test on a machine of its own; where there is no runit it is skipped, and says why. */
export function runitTest(
  title: string,
  implementation: (t: ExecutionContext, machine: RunitMachine) => Promise<void>,
): void {
  const test = anyTest
  const reason = whyNot()
  if (reason === '') {
    // One after the other: a backend that is not ours has half a second to answer.
    test.serial(title, async t => {
      await implementation(t, await RunitMachine.start(t))
    })
  } else test.skip(`${title} (${reason})`, t => t.pass())
}
