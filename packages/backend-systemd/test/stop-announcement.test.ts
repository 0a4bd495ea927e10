import {existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {DEFAULT_PROFILE, type GatewayStatus, PLANNED_STOP, profileHome, renderPlannedStop} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import {stopAnnouncement} from '../dist/stop-announcement.js'
import {plainSpec} from './plain-gateway.js'
import {lives, UnitFixture, unitTests} from './unit-fixture.js'
import {eventually} from './user-manager.js'

/** Copies the marker that it finds when TERM comes, and ends as Hermes would. */
const WITNESS = [
  `trap 'cp -pP "$1/${PLANNED_STOP}" "$1/seen.$$" 2> /dev/null && exit 0; echo none > "$1/seen.$$"; exit 1' TERM`,
  // So that /proc tells a name which reads as if fields had begun already.
  "printf 'x) R\\n7 (y' > /proc/$$/comm",
  'echo > "$1/up.$$"',
  'while :; do sleep 1000 & wait $!; done',
].join('\n')

/** A gateway that keeps what it saw in a home of its own. */
class Witness {
  readonly #fixture: UnitFixture
  readonly #profile: string
  readonly home: string

  constructor(fixture: UnitFixture, profile = fixture.profile) {
    this.#fixture = fixture
    this.#profile = profile
    this.home = profileHome(fixture.root, profile)
    mkdirSync(this.home, {recursive: true})
  }

  get unit(): string {
    return `hermes-svc-${this.#profile}.service`
  }

  get marker(): string {
    return join(this.home, PLANNED_STOP)
  }

  async run(script = WITNESS): Promise<GatewayStatus & {pid: number}> {
    const argv = ['/bin/sh', '-c', script, 'sh', this.home]
    const status = await this.#fixture.run({profile: this.#profile, argv, stopTimeoutMs: 10_000})
    const pid = status.pid ?? 0
    await eventually('the gateway is ready for TERM', () => existsSync(join(this.home, `up.${String(pid)}`)))
    return {...status, pid}
  }

  /** Where a process leaves what it saw. */
  seen(pid: number): string {
    return join(this.home, `seen.${String(pid)}`)
  }

  /** What a process saw when TERM came. */
  async saw(pid: number): Promise<string> {
    const path = this.seen(pid)
    await eventually('the gateway was sent TERM', () => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'))
    return readFileSync(path, 'utf8')
  }

  /** Names in the home of what begins as the marker does. */
  left(): string[] {
    return readdirSync(this.home).filter(name => name.startsWith(PLANNED_STOP))
  }
}

/** When a process began, as field 22 of proc(5) says it. */
function startTime(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
}

function assertNames(t: ExecutionContext, text: string, pid: number, startedAt: number, stopper: number | null): void {
  const {written_at: at, ...rest} = JSON.parse(text) as Record<string, unknown>
  const ofCore = JSON.parse(renderPlannedStop({pid, startTime: startedAt}, 1, 0)) as object
  t.deepEqual(Object.keys(JSON.parse(text) as object), Object.keys(ofCore))
  t.deepEqual(rest, {target_pid: pid, target_start_time: startedAt, stopper_pid: stopper})
  t.regex(String(at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/)
  const ageMs = Date.now() - Date.parse(String(at))
  t.true(ageMs > -1000 && ageMs < 30_000, `${String(ageMs)} ms old`)
}

test('a gateway of Hermes is told of its stop, in the home of its profile; a program of the user’s own is not', t => {
  const [line = '', ...more] = stopAnnouncement(plainSpec(), '/opt/data')
  t.deepEqual(more, [])
  t.true(line.startsWith('ExecStop=-/bin/sh -c "'))
  t.true(line.endsWith(`" sh /opt/data/profiles/coder/${PLANNED_STOP}`))
  t.true(
    stopAnnouncement(plainSpec({profile: DEFAULT_PROFILE}), '/opt/data')[0]?.endsWith(` sh /opt/data/${PLANNED_STOP}`),
  )
  t.deepEqual(stopAnnouncement(plainSpec({userSet: ['argv']}), '/opt/data'), [])
})

const unitTest = unitTests()

unitTest(
  'systemctl stop announces itself, by pid and start time, before the gateway is sent TERM',
  async (t, fixture) => {
    const witness = new Witness(fixture)
    const {pid} = await witness.run()
    const startedAt = startTime(pid)
    fixture.systemd.systemctl('stop', witness.unit)
    assertNames(t, await witness.saw(pid), pid, startedAt, fixture.systemd.pid)
    t.is(lstatSync(witness.seen(pid)).mode & 0o777, 0o600)
    t.deepEqual(witness.left(), [])
    t.like(await fixture.status(), {state: 'stopped', wanted: 'up', lastExit: {code: 0, signal: null}})
  },
)

unitTest('gateway stop and gateway restart are announced as well', async (t, fixture) => {
  const witness = new Witness(fixture)
  const first = await witness.run()
  const startedAt = startTime(first.pid)
  await fixture.manager.restart(fixture.profile)
  assertNames(t, await witness.saw(first.pid), first.pid, startedAt, fixture.systemd.pid)
  const second = await witness.run()
  const startedAgainAt = startTime(second.pid)
  await fixture.manager.stop(fixture.profile)
  await fixture.reaches('stopped')
  assertNames(t, await witness.saw(second.pid), second.pid, startedAgainAt, fixture.systemd.pid)
})

unitTest('so is the end of the machine, after which the gateway runs again', async (t, fixture) => {
  const witness = new Witness(fixture)
  const {pid} = await witness.run()
  const startedAt = startTime(pid)
  const manager = fixture.systemd.pid
  await fixture.systemd.reboot()
  assertNames(t, await witness.saw(pid), pid, startedAt, manager)
  t.like(await fixture.reaches('running'), {wanted: 'up', lastExit: {code: 0, signal: null}})
})

unitTest('a TERM from elsewhere is not announced', async (t, fixture) => {
  const witness = new Witness(fixture)
  const {pid} = await witness.run()
  process.kill(pid, 'SIGTERM')
  t.is(await witness.saw(pid), 'none\n')
  await fixture.reaches('backoff')
  t.deepEqual(witness.left(), [])
})

for (const [code, state] of [
  [0, 'stopped'],
  [1, 'backoff'],
  [75, 'backoff'],
  [78, 'failed'],
] as const) {
  unitTest(`a gateway that ends by itself with ${String(code)} leaves no announcement`, async (t, fixture) => {
    const witness = new Witness(fixture)
    await witness.run(`echo > "$1/up.$$"; until [ -e "$1/end" ]; do sleep 0.01; done; exit ${String(code)}`)
    writeFileSync(join(witness.home, 'end'), '')
    t.is((await fixture.reaches(state)).lastExit?.code, code)
    t.deepEqual(witness.left(), [])
  })
}

unitTest('whatever the path of the profile root has in it is a name, and no part of a command', async (t, fixture) => {
  const {systemd} = fixture
  for (const name of ['hsvc a  b%h%%n ', 'hsvc$HOME${X}$(touch x)`touch x`', 'hsvc"q\'\\"; exit; #', 'hsvc\té -']) {
    const hostile = new UnitFixture(systemd, 0, systemd.runtimeDirectory, name)
    try {
      for (const profile of [DEFAULT_PROFILE, 'coder']) {
        const witness = new Witness(hostile, profile)
        const {pid} = await witness.run()
        const startedAt = startTime(pid)
        systemd.systemctl('stop', witness.unit)
        assertNames(t, await witness.saw(pid), pid, startedAt, systemd.pid)
      }
    } finally {
      hostile.remove()
    }
  }
})

unitTest('without a home the gateway stops all the same, and none is made', async (t, fixture) => {
  const {pid} = await fixture.run()
  fixture.systemd.systemctl('stop', `hermes-svc-${fixture.profile}.service`)
  t.false(lives(pid))
  t.is((await fixture.status()).state, 'stopped')
  t.false(existsSync(profileHome(fixture.root, fixture.profile)))
})

unitTest(
  'what stands at the names of the announcement is not followed, and leaves no part of one',
  async (t, fixture) => {
    const witness = new Witness(fixture)
    const {pid} = await witness.run()
    const startedAt = startTime(pid)
    const victim = join(fixture.root, 'victim')
    writeFileSync(victim, 'mine')
    for (const name of [witness.marker, `${witness.marker}.new`]) symlinkSync(victim, name)
    fixture.systemd.systemctl('stop', witness.unit)
    t.is(readFileSync(victim, 'utf8'), 'mine')
    t.true(lstatSync(witness.seen(pid)).isFile())
    assertNames(t, await witness.saw(pid), pid, startedAt, fixture.systemd.pid)
    t.deepEqual(witness.left(), [])
  },
)

unitTest('where it cannot be announced the gateway stops all the same', async (t, fixture) => {
  const witness = new Witness(fixture)
  const {pid} = await witness.run()
  mkdirSync(join(witness.marker, 'full'), {recursive: true})
  fixture.systemd.systemctl('stop', witness.unit)
  t.is(await witness.saw(pid), 'none\n')
  t.deepEqual(readdirSync(witness.marker), ['full'])
  t.deepEqual(witness.left(), [PLANNED_STOP])
  t.like(await fixture.status(), {pid: null, lastExit: {code: 1, signal: null}})
})
