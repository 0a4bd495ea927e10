import {randomInt} from 'node:crypto'
import type {ExecutionContext} from 'ava'
import type {Run} from './program-run.js'

const MOST_STEPS = 200
/** Every step takes several runs of the CLI, and there are about a hundred: all of them when the environment asks for it. */
const STRIDE = process.env['HERMES_SVC_ALL_ROUNDS'] === '1' ? 1 : 4
/** Runs of the CLI at a time: half of each is waiting. */
const WIDTH = 2

/** Runs the CLI with these variables added to its environment. */
export type RunCli = (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Run>

/** A change of one gateway that is killed at some step, as arguments of the CLI. */
export interface Change {
  /** Runs before what is killed. */
  readonly prepare?: (profile: string) => readonly string[]
  readonly killed: (profile: string) => readonly string[]
  /** Makes whole what the killed run left. */
  readonly repair: (profile: string) => readonly string[]
}

/** Runs the job for each name, some side by side. */
export async function inParallel(names: readonly string[], job: (name: string) => Promise<unknown>): Promise<void> {
  const queue = [...names]
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await job(name)
  }
  await Promise.all(Array.from({length: WIDTH}, worker))
}

/**
 * Kills the change of one gateway before an early step, that of another before a later one, … until one gets through. The
 * first step is drawn, so that all of them have their turn after some runs of the tests; with HERMES_SVC_ALL_ROUNDS=1 they
 * have it now. `preload` is the module that kills at the step named by HERMES_KILL_STEP. Gives the profiles.
 */
export async function killAtEveryStep(
  t: ExecutionContext,
  run: RunCli,
  preload: string,
  {prepare, killed}: Change,
): Promise<string[]> {
  const profiles: string[] = []
  const first = 1 + randomInt(STRIDE)
  let lastStep = 0
  let survivor: Run | undefined
  const worker = async (): Promise<void> => {
    while (!survivor && lastStep < MOST_STEPS) {
      const step = first + profiles.length * STRIDE
      lastStep = step
      const profile = `g${String(step)}`
      profiles.push(profile)
      if (prepare) {
        const {code, stderr} = await run(prepare(profile))
        t.is(code, 0, stderr)
      }
      const env = {NODE_OPTIONS: `--import=${preload}`, HERMES_KILL_STEP: String(step)}
      const ended = await run(killed(profile), env)
      if (ended.signal === null) survivor = ended
      else t.is(ended.signal, 'SIGKILL', ended.stderr)
    }
  }
  await Promise.all(Array.from({length: WIDTH}, worker))
  t.is(survivor?.code, 0, survivor?.stderr ?? 'none got through')
  t.true(lastStep > 10)
  t.log(`killed before steps ${String(first)} to ${String(lastStep)}, by ${String(STRIDE)}`)
  return profiles
}
