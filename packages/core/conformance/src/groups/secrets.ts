import assert from 'node:assert/strict'
import {readdirSync, readFileSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {type Bench, type Installed, rejection} from '../bench.js'
import type {Requirement} from '../requirement.js'

const OTHERS = 0o077
/** On Windows a file has the access that its directory gives it, and its mode says nothing. */
const hasModes = process.platform !== 'win32'
const SECRET = 'xoxb-conformance-Secret-42'

function holdsSecret(value: unknown): boolean {
  return JSON.stringify(value ?? null).includes(SECRET)
}

function carrier(bench: Bench): Promise<Installed> {
  return bench.install({request: {env: {SLACK_TOKEN: SECRET}}})
}

/** Files below a directory that other accounts can read the secret from. */
function exposed(directory: string): string[] {
  return readdirSync(directory, {withFileTypes: true}).flatMap(entry => {
    const path = join(directory, entry.name)
    const {mode} = statSync(path)
    if (entry.isDirectory()) return (mode & 0o011) === 0 ? [] : exposed(path)
    if (!entry.isFile() || (mode & OTHERS) === 0) return []
    return readFileSync(path).includes(SECRET) ? [path] : []
  })
}

/** Environment values hold tokens. */
export const secrets: Requirement[] = [
  {
    title: 'An environment value MUST NOT show in the command line of any process.',
    async run(bench) {
      const {sample} = await carrier(bench)
      assert.equal(sample.starts()[0]?.env['SLACK_TOKEN'], SECRET)
      const lines = bench.resources.commandLines()
      assert.deepEqual(
        lines?.filter(line => line.includes(SECRET)),
        lines === null ? undefined : [],
      )
    },
  },
  {
    title: 'An environment value MUST NOT show in `status`, logs or errors.',
    async run(bench) {
      const {profile, request} = await carrier(bench)
      assert.ok(!holdsSecret(await bench.raw.status()), 'status of all')
      assert.ok(!holdsSecret(await bench.manager.status([profile])), 'status of one')
      const dying = await bench.sample({exitAtOnce: 9})
      const doomed = {...request, ...bench.doomed, profile: bench.name(), argv: dying.argv}
      const error = await rejection('HSVC_START_FAILED', bench.manager.install(doomed, bench.patience))
      assert.ok(!holdsSecret([Object.entries(error), error.message, error.stack]), 'an error')
      const warnings: string[] = []
      const logger = {debug: (line: string) => warnings.push(line), warn: (line: string) => warnings.push(line)}
      const talking = bench.host({context: {logger: {...logger, incomplete: logger.warn}}})
      await talking.install(
        {...request, env: {SLACK_TOKEN: SECRET, STAGE: 'second'}},
        {start: false, ...bench.patience},
      )
      assert.ok(!holdsSecret(warnings), 'what the backend tells the host')
      if (bench.capabilities.logs === 'none') return
      const lines: string[] = []
      for await (const {text} of bench.manager.logs(profile)) lines.push(text)
      assert.ok(!holdsSecret(lines), 'logs')
    },
  },
  {
    title:
      'A file that holds an environment value MUST be readable by its owner only, and be marked sensitive in the plan.',
    async run(bench) {
      const {request} = await carrier(bench)
      const {plan} = await bench.manager.preview(request)
      for (const {kind, path, mode, contents, sensitive} of plan.entries) {
        if (kind !== 'file' || contents === null || !Buffer.from(contents).includes(SECRET)) continue
        assert.equal(mode & OTHERS, 0, `mode of ${path}: ${mode.toString(8)}`)
        assert.ok(sensitive, `${path} is marked sensitive`)
        const real = hasModes ? statSync(path, {throwIfNoEntry: false}) : undefined
        if (real) assert.equal(real.mode & OTHERS, 0, `mode of ${path} on disk: ${real.mode.toString(8)}`)
      }
      // The root itself is private here, as it need not be elsewhere: its directories are looked at one by one.
      if (hasModes) assert.deepEqual(exposed(bench.context.paths.root), [])
    },
  },
  {
    title: "A plan's paths, commands and notes MUST NOT hold an environment value.",
    async run(bench) {
      const {request} = await carrier(bench)
      const {plan, warnings} = await bench.manager.preview(request)
      const printed = {...plan, entries: plan.entries.map(({contents: _contents, ...entry}) => entry), warnings}
      assert.ok(!holdsSecret(printed), 'what a printed plan shows')
    },
  },
]
