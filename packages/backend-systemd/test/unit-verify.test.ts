import {spawnSync} from 'node:child_process'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {type GatewaySpec, isServiceError, serviceError} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import fc from 'fast-check'
import {planUnit} from '../dist/plan-unit.js'
import type {UnitScope} from '../dist/systemd-facts.js'
import {environment, fileName, hostileText} from './hostile-texts.js'
import {plainFacts, plainSpec} from './plain-gateway.js'

const TOOL = spawnSync('systemd-analyze', ['--version'], {encoding: 'utf8'})
/** Major version of the systemd that is installed here; 0 for none. */
const VERSION = TOOL.status === 0 ? Number(/^systemd (\d+)/.exec(TOOL.stdout)?.[1]) : 0

const GATEWAYS = 300

/** What units of ours and their defaults refer to. */
const TARGETS = ['basic', 'default', 'multi-user', 'network-online', 'shutdown', 'sysinit']

/** A directory in which systemd-analyze(1) finds nothing but what the test makes. */
class Verifier {
  readonly directory = mkdtempSync(join(tmpdir(), 'hsvc-verify-'))
  readonly #targets = join(this.directory, 'targets')
  #count = 0

  constructor(t: ExecutionContext) {
    t.teardown(() => rmSync(this.directory, {recursive: true, force: true}))
    mkdirSync(this.#targets)
    for (const name of TARGETS) writeFileSync(join(this.#targets, `${name}.target`), '[Unit]\n')
  }

  /** A program of that name that can be executed. */
  program(name: string): string {
    this.#count += 1
    const path = join(this.directory, String(this.#count), name)
    mkdirSync(dirname(path))
    symlinkSync('/bin/true', path)
    return path
  }

  /** What systemd says of these units: nothing when all is well. */
  complaints(scope: UnitScope, units: readonly string[]): string {
    const directory = mkdtempSync(join(this.directory, 'units-'))
    const paths = units.map((text, index) => {
      const path = join(directory, `hermes-svc-u${String(index)}.service`)
      writeFileSync(path, text)
      return path
    })
    const runtime = join(directory, 'runtime')
    mkdirSync(runtime)
    chmodSync(runtime, 0o700)
    const env = {
      PATH: '/usr/bin:/bin',
      LC_ALL: 'C.UTF-8',
      HOME: directory,
      XDG_RUNTIME_DIR: runtime,
      SYSTEMD_UNIT_PATH: this.#targets,
    }
    const {status, stdout, stderr} = spawnSync('systemd-analyze', [`--${scope}`, 'verify', '--man=no', ...paths], {
      env,
      encoding: 'utf8',
    })
    rmSync(directory, {recursive: true})
    return `${status === 0 ? '' : `exit ${String(status)}\n`}${stdout}${stderr}`
  }
}

/** The unit that is planned; null where the spec is refused. */
function plannedUnit(spec: Partial<GatewaySpec>, facts: Parameters<typeof plainFacts>[0]): string | null {
  try {
    const {entries} = planUnit(plainSpec(spec), plainFacts(facts), {error: serviceError})
    return Buffer.from(entries.at(-1)?.contents ?? []).toString()
  } catch (error) {
    if (isServiceError(error) && error.code === 'HSVC_INVALID_SPEC') return null
    throw error
  }
}

const ms = fc.integer({min: 0, max: 0x7f_ff_ff_ff})
const codes = fc.uniqueArray(fc.integer({min: 0, max: 255}), {maxLength: 6})
const restart = fc.record({
  delayMs: ms,
  maxDelayMs: ms,
  windowMs: ms,
  giveUpAfter: fc.option(fc.integer({min: 1, max: 1_000_000})),
  fatalExitCodes: codes,
  cleanExitCodes: codes,
})
const path = fc.array(fileName(hostileText), {maxLength: 3}).map(names => `/${names.join('/')}`)
const gateway = fc.record({
  program: fileName(hostileText),
  args: fc.array(hostileText, {maxLength: 8}),
  root: path,
  version: fc.constantFrom(239, VERSION),
  journal: fc.boolean(),
  spec: fc.record({
    description: hostileText,
    env: environment(hostileText),
    cwd: path,
    account: fc.constantFrom(null, 'ada', '_a-b'),
    autostart: fc.boolean(),
    restart,
    stopTimeoutMs: ms,
  }),
})

const why = VERSION === 0 ? ' (skipped: needs systemd-analyze)' : ''
const verifying = VERSION === 0 ? test.skip : test

for (const scope of ['user', 'system'] as const) {
  verifying(`any gateway is refused, or is a ${scope} unit that systemd reads without a word${why}`, t => {
    const verifier = new Verifier(t)
    const gateways = fc.sample(gateway, GATEWAYS)
    const units = gateways.flatMap(({program, args, root, version, journal, spec}) => {
      const places = {root, gateways: join(root, 'hermes-svc/gateways'), logs: join(root, 'logs/gateways')}
      const facts = {...places, version, journal, uid: scope === 'system' ? 0 : 1000}
      const argv = [verifier.program(program), ...args]
      const account = scope === 'system' ? spec.account : null
      return plannedUnit({...spec, argv, scope, account}, facts) ?? []
    })
    // All at once is quick, and says too little of which one it is.
    const complaints = verifier.complaints(scope, units)
    if (complaints !== '') for (const unit of units) t.is(verifier.complaints(scope, [unit]), '', unit)
    t.is(complaints, '')
    const refused = gateways.length - units.length
    t.true(refused > 0 && units.length > refused / 4, `${String(units.length)} rendered, ${String(refused)} refused`)
  })
}

verifying(`a line of almost 1 MiB is read, and a longer one is refused before systemd sees it${why}`, t => {
  const verifier = new Verifier(t)
  const program = verifier.program('hermes')
  const withLength = (bytes: number): string | null => {
    const rest = bytes - Buffer.byteLength(`ExecStart=${program}`)
    // Each argument takes a blank besides; none is longer than a kernel takes.
    const argv = [program, ...Array.from({length: 16}, (_, index) => 'x'.repeat(Math.floor((rest + index) / 16) - 1))]
    return plannedUnit({argv}, {version: VERSION})
  }
  const limit = 1 << 20
  const longest = withLength(limit - 1)
  t.true(longest?.split('\n').some(line => Buffer.byteLength(line) === limit - 1))
  t.is(verifier.complaints('user', [longest ?? '']), '')
  t.is(withLength(limit), null)
})

verifying(`what systemd would pass over is complained of, so that silence means something${why}`, t => {
  const verifier = new Verifier(t)
  const unit = plannedUnit({argv: [verifier.program('hermes')]}, {version: VERSION}) ?? ''
  t.is(verifier.complaints('user', [unit]), '')
  t.regex(
    verifier.complaints('user', [unit, unit.replace('Restart=always', 'Restarts=always')]),
    /Unknown key .*Restarts/,
  )
  t.regex(verifier.complaints('user', [unit.replace('EnvironmentFile=/', 'EnvironmentFile="/')]), /EnvironmentFile=/)
  t.regex(verifier.complaints('system', [unit.replace('KillMode=mixed', 'KillMode=some')]), /kill mode/)
  t.regex(verifier.complaints('user', [plannedUnit({}, {}) ?? '']), /is not executable/)
})
