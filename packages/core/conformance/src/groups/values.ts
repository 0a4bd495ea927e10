import assert from 'node:assert/strict'
import {mkdirSync} from 'node:fs'
import {join} from 'node:path'
import type {GatewayRequest} from '@hermes-svc/core'
import {type Bench, rejection} from '../bench.js'
import {hostileValues, UNDELIVERABLE} from '../hostile-values.js'
import type {Requirement, Setting} from '../requirement.js'
import type {Sample} from '../samples.js'

type Carry = (values: readonly string[], sample: Sample) => Partial<GatewayRequest>

/** Sorts values into those that the backend takes and those that it refuses; nothing is written for either. */
async function sortOut(bench: Bench, profile: string, sample: Sample, values: readonly string[], carry: Carry) {
  const taken: string[] = []
  const refused: string[] = []
  for (const value of values) {
    const outcome = await bench.manager.preview(bench.request(profile, sample, carry([value], sample))).then(
      () => null,
      (error: unknown) => error as {code?: string},
    )
    assert.ok(
      outcome === null || outcome.code === 'HSVC_INVALID_SPEC',
      `${JSON.stringify(value)}: ${String(outcome?.code)}`,
    )
    ;(outcome ? refused : taken).push(value)
  }
  return {taken, refused}
}

async function assertRefused(bench: Bench, request: GatewayRequest): Promise<void> {
  const before = bench.written()
  await rejection('HSVC_INVALID_SPEC', bench.manager.install(request, bench.patience))
  assert.deepEqual(bench.written(), before)
  assert.equal(await bench.rawOne(request.profile), undefined)
}

/** Installs a gateway with the values and compares what its process got; refused values must stay without effect. */
async function deliver(bench: Bench, carry: Carry, received: (sample: Sample) => readonly unknown[]): Promise<void> {
  for (const values of hostileValues()) {
    const profile = bench.name()
    const sample = await bench.sample()
    const {taken, refused} = await sortOut(bench, profile, sample, values, carry)
    for (const value of refused) await assertRefused(bench, bench.request(profile, sample, carry([value], sample)))
    if (taken.length === 0) continue
    await bench.manager.install(bench.request(profile, sample, carry(taken, sample)), bench.patience)
    await bench.runs(sample)
    assert.deepEqual(received(sample), taken)
    await bench.manager.uninstall(profile, bench.patience)
  }
}

function environmentOf(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(values.map((value, index) => [`HOSTILE_${String(index)}`, value]))
}

const SHORTFALLS: Record<string, Partial<GatewayRequest>> = {
  giveUp: {userSet: ['restart.giveUpAfter']},
  fatalExitCodes: {userSet: ['restart.fatalExitCodes']},
  runAsUser: {account: 'somebody', userSet: ['account']},
  autostart: {autostart: true, userSet: ['autostart']},
}

function missing({capabilities}: Pick<Setting, 'capabilities'>): string[] {
  return Object.keys(SHORTFALLS).filter(name => capabilities[name as keyof typeof capabilities] === false)
}

/** Makes a directory; false where no directory can have such a name, as one with quotes on Windows. */
function isMade(path: string): boolean {
  try {
    mkdirSync(path)
    return true
  } catch (error) {
    if (['EINVAL', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

/** Values arrive as they were given, or not at all. */
export const values: Requirement[] = [
  {
    title:
      'Every argv element MUST reach the process byte for byte, or be refused with HSVC_INVALID_SPEC and nothing written.',
    async run(bench) {
      await deliver(
        bench,
        (words, sample) => ({argv: [...sample.argv, ...words]}),
        sample => sample.starts().at(-1)?.argv.slice(sample.argv.length) ?? [],
      )
    },
  },
  {
    title:
      'Every environment value MUST reach the process byte for byte, or be refused with HSVC_INVALID_SPEC and nothing written.',
    async run(bench) {
      await deliver(
        bench,
        words => ({env: environmentOf(words)}),
        sample => {
          const env = sample.starts().at(-1)?.env ?? {}
          const keys = Object.keys(env).filter(key => key.startsWith('HOSTILE_'))
          return keys.map((_key, index) => env[`HOSTILE_${String(index)}`])
        },
      )
    },
  },
  {
    title:
      'The working directory MUST reach the process byte for byte, or be refused with HSVC_INVALID_SPEC and nothing written.',
    async run(bench) {
      for (const name of ['with space', 'e\u0301 decomposed', '%n $HOME', '"quoted"', "it's"]) {
        const cwd = join(bench.context.paths.root, name)
        if (!isMade(cwd)) continue
        const profile = bench.name()
        const sample = await bench.sample()
        const request = bench.request(profile, sample)
        const {taken} = await sortOut(bench, profile, sample, [cwd], ([value = '']) => ({cwd: value}))
        if (taken.length === 0) {
          await assertRefused(bench, {...request, cwd})
        } else {
          await bench.manager.install({...request, cwd}, bench.patience)
          await bench.runs(sample)
          assert.equal(sample.starts()[0]?.cwd, cwd)
          await bench.manager.uninstall(profile, bench.patience)
        }
      }
    },
  },
  {
    title:
      'NUL, half a surrogate pair and U+FFFD MUST be refused with HSVC_INVALID_SPEC in every text, and nothing written.',
    async run(bench) {
      const profile = bench.name()
      const sample = await bench.sample()
      const request = bench.request(profile, sample)
      for (const text of UNDELIVERABLE) {
        await assertRefused(bench, {...request, argv: [...sample.argv, `a${text}b`]})
        await assertRefused(bench, {...request, env: {HOSTILE: `a${text}b`}})
        await assertRefused(bench, {...request, cwd: `${bench.context.paths.root}/a${text}b`})
      }
    },
  },
  {
    title:
      'An environment key other than `[A-Za-z_][A-Za-z0-9_]*` MUST be refused with HSVC_INVALID_SPEC, and nothing written.',
    async run(bench) {
      const request = bench.request(bench.name(), await bench.sample())
      for (const key of ['', '1A', 'A-B', 'A B', 'A=B', 'A.B', 'Ä', 'A\n', 'A\0', '$(id)', 'LD_PRELOAD ']) {
        await assertRefused(bench, {...request, env: {[key]: 'value'}})
      }
    },
  },
  {
    title:
      'A value that the user set and that the backend cannot express MUST be refused with HSVC_INVALID_SPEC, and nothing written.',
    exempt: setting => (missing(setting).length === 0 ? 'its capabilities express everything' : null),
    async run(bench) {
      const restart = {...bench.restartPolicy, giveUpAfter: 3, fatalExitCodes: [78]}
      const request = bench.request(bench.name(), await bench.sample(), {restart, userSet: []})
      for (const name of missing(bench)) await assertRefused(bench, {...request, ...SHORTFALLS[name]})
    },
  },
  {
    title: 'A default that the backend cannot meet MUST be told in the notes of the plan.',
    exempt: setting => (missing(setting).length === 0 ? 'its capabilities meet every default' : null),
    async run(bench) {
      const restart = {...bench.restartPolicy, giveUpAfter: 3, fatalExitCodes: [78]}
      const request = bench.request(bench.name(), await bench.sample(), {restart, userSet: []})
      const {plan} = await bench.manager.preview(request)
      const told = missing(bench).filter(name => name !== 'runAsUser')
      for (const name of told) {
        assert.ok(
          plan.notes.some(note => note.includes(name)),
          `expected a note on ${name}, got ${JSON.stringify(plan.notes)}`,
        )
      }
    },
  },
]
