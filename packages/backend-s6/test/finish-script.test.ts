import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {chmodSync, existsSync, mkdirSync, readFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import type {RestartPolicy} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import fc from 'fast-check'
import {renderFinishScript} from '../dist/finish-script.js'
import {assertGolden} from './golden.js'
import {plainFacts, plainSpec} from './plain-gateway.js'
import {BIN_SH, type Shell, SHELLS} from './shells.js'
import {PLACE, SlotDirectory} from './slot-directory.js'

const POLICY = plainSpec().restart
const KILLED = '256'

test('the finish scripts of one plain gateway are as they were', t => {
  assertGolden(t, 'finish.container.sh', renderFinishScript(plainSpec(), plainFacts(), PLACE))
  const restart = {...POLICY, giveUpAfter: 5, fatalExitCodes: [], cleanExitCodes: [75]}
  const own = plainFacts({withContenv: null, s6Svstat: '/usr/bin/s6-svstat'})
  assertGolden(t, 'finish.root.sh', renderFinishScript(plainSpec({account: 'root', restart}), own, PLACE))
})

/** Of one run of ./finish. */
interface Finish {
  readonly status: number | null
  /** What it told sleep(1), as seconds; null: it did not come to that. */
  readonly slept: string | null
  readonly pid: number
}

/** A slot with a `finish`, in which s6-svstat says that it is wanted up and sleep(1) takes no time. */
class FinishSlot extends SlotDirectory {
  readonly #shell: Shell

  constructor(t: ExecutionContext, changes: Partial<RestartPolicy> = {}, shell = BIN_SH) {
    super(t)
    this.#shell = shell
    mkdirSync(join(this.path, 'bin'))
    this.write('bin/sleep', '#!/bin/sh\nprintf "%s" "$1" > slept\n')
    this.wantDown(false)
    const spec = plainSpec({account: 'root', restart: {...POLICY, ...changes}})
    const facts = plainFacts({s6Svstat: join(this.path, 'bin', 's6-svstat')})
    this.write(`${PLACE}/finish`, renderFinishScript(spec, facts, PLACE))
  }

  wantDown(isWantedDown: boolean): void {
    this.write('bin/s6-svstat', `#!/bin/sh\n[ "$*" = "-o wantedup ." ] && echo ${isWantedDown ? 'false' : 'true'}\n`)
  }

  /** Notes a start of a process that is gone, so many seconds ago. */
  noteStart(secondsAgo = 0, pid = 999_999_999): void {
    const up = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'))
    this.write('data/started', `${String(pid)} ${String(Math.round((up - secondsAgo) * 100))} 1\n`)
  }

  finish(code: string): Finish {
    rmSync(join(this.path, 'slept'), {force: true})
    const args = [code, code === KILLED ? '9' : '0', 'gateway-coder']
    const env = {PATH: `${join(this.path, 'bin')}:/usr/bin:/bin`}
    const {status, stdout, stderr, pid} = this.run(this.#shell, 'finish', args, env)
    if (`${stdout}${stderr}` !== '') throw new Error(`expected silence, got ${stdout}${stderr}`)
    return {status, slept: this.read('slept'), pid}
  }
}

for (const shell of SHELLS) {
  test(`the delay doubles with each death up to its most, and a request to restart waits for the first, through ${shell.name}`, t => {
    const slot = new FinishSlot(t, {delayMs: 1000, maxDelayMs: 6000}, shell)
    for (const [index, slept] of ['1', '2', '4', '6', '6'].entries()) {
      slot.noteStart()
      const {pid, ...result} = slot.finish(index % 2 === 0 ? '1' : KILLED)
      t.deepEqual(result, {status: 0, slept})
      t.is(slot.read('data/backoff'), `${String(index + 1)} ${slept}000 ${String(pid)}\n`)
    }
    slot.noteStart()
    t.like(slot.finish('75'), {status: 0, slept: '1'})
    slot.noteStart()
    t.like(slot.finish('1'), {slept: '6'})
  })

  test(`delays, parking and giving up are those of the policy, whatever it is, through ${shell.name}`, t => {
    const policies = fc.record({
      delayMs: fc.integer({min: 0, max: 5000}),
      maxDelayMs: fc.integer({min: 0, max: 20_000}),
      giveUpAfter: fc.option(fc.integer({min: 1, max: 6})),
      fatalExitCodes: fc.uniqueArray(fc.constantFrom<number[]>(2, 3, 75, 78), {maxLength: 3}),
      cleanExitCodes: fc.uniqueArray(fc.constantFrom<number[]>(0, 3, 4, 75), {maxLength: 3}),
    })
    const code = fc.constantFrom(0, 1, 2, 3, 4, 75, 78, 256)
    const deaths = fc.array(fc.record({code, livedLong: fc.boolean()}), {maxLength: 7})
    fc.assert(
      fc.property(policies, deaths, (policy, list) => {
        const slot = new FinishSlot(t, {...policy, windowMs: 10_000}, shell)
        let failures = 0
        for (const {code, livedLong} of list) {
          slot.noteStart(livedLong ? 11 : 1)
          const {status, slept} = slot.finish(String(code))
          const requested = code === 75
          const reason = policy.fatalExitCodes.includes(code)
            ? 'fatal'
            : policy.cleanExitCodes.includes(code)
              ? 'clean'
              : null
          if (livedLong) failures = 0
          if (!requested) failures += 1
          const givenUp = !requested && policy.giveUpAfter !== null && failures >= policy.giveUpAfter
          const parked = reason !== null && !requested ? reason : givenUp ? 'gave-up' : null
          if (parked !== null) {
            t.deepEqual([status, slept], [125, null])
            t.is(slot.read('data/parked')?.split(' ')[0], parked)
            t.is(slot.read('data/backoff'), null)
            break
          }
          const doubled = policy.delayMs * 2 ** (requested ? 0 : failures - 1)
          t.is(status, 0)
          t.is(Math.round(Number(slept) * 1000), Math.min(doubled, policy.maxDelayMs))
          t.is(slot.read('data/parked'), null)
        }
        rmSync(slot.path, {recursive: true})
      }),
      {numRuns: 12},
    )
  })
}

const PARKING = [
  {code: '78', reason: 'fatal', what: 'a fatal exit code'},
  {code: '0', reason: 'clean', what: 'a clean exit'},
]
for (const {code, reason, what} of PARKING) {
  test(`${what} parks it: the reason is written down, nothing is left of its failures, and s6 is told 125`, t => {
    const slot = new FinishSlot(t)
    slot.noteStart(0, 4_000_000)
    slot.write('data/backoff', '3 4000 1\n')
    t.like(slot.finish(code), {status: 125, slept: null})
    t.is(slot.read('data/parked'), `${reason} 4000000\n`)
    t.is(slot.read('data/backoff'), null)
  })
}

test('a code in both lists is fatal', t => {
  const slot = new FinishSlot(t, {fatalExitCodes: [3], cleanExitCodes: [3, 0]})
  t.is(slot.finish('3').status, 125)
  t.regex(slot.read('data/parked') ?? '', /^fatal /)
})

test('a request to restart is followed by one, whatever the lists say, and does not count as a failure', t => {
  const slot = new FinishSlot(t, {fatalExitCodes: [75], cleanExitCodes: [75], giveUpAfter: 1})
  for (let round = 0; round < 3; round += 1) t.like(slot.finish('75'), {status: 0, slept: '1'})
  t.regex(slot.read('data/backoff') ?? '', /^0 1000 /)
})

test('it is given up with the failure that the policy names', t => {
  const slot = new FinishSlot(t, {giveUpAfter: 3})
  t.like(slot.finish('1'), {status: 0, slept: '1'})
  t.like(slot.finish(KILLED), {status: 0, slept: '2'})
  t.like(slot.finish('1'), {status: 125, slept: null})
  t.regex(slot.read('data/parked') ?? '', /^gave-up /)
})

test('a gateway that lived for the window begins again with the first delay; one that lived a little less does not', t => {
  const slot = new FinishSlot(t, {windowMs: 60_000})
  slot.write('data/backoff', '3 4000 1\n')
  slot.noteStart(59)
  t.is(slot.finish('1').slept, '8')
  slot.noteStart(61)
  t.is(slot.finish('1').slept, '1')
})

test('a start that a clock of another boot tells of counts as long ago', t => {
  const slot = new FinishSlot(t)
  slot.write('data/backoff', '3 4000 1\n')
  slot.noteStart(-3600)
  t.is(slot.finish('1').slept, '1')
})

test('a death without a note of the start counts as a failure', t => {
  const slot = new FinishSlot(t)
  t.is(slot.finish('1').slept, '1')
  t.is(slot.finish('1').slept, '2')
})

test('delays of fractions of a second, and none at all, are slept as they are', t => {
  for (const [delayMs, slept] of Object.entries({0: '0', 5: '0.005', 20: '0.020', 1500: '1.500', 60_000: '60'}))
    t.is(new FinishSlot(t, {delayMs: Number(delayMs)}).finish('1').slept, slept)
  t.is(new FinishSlot(t, {delayMs: 5000, maxDelayMs: 700}).finish('75').slept, '0.700')
})

test('a gateway that is wanted down is neither judged nor waited for', t => {
  for (const code of ['0', '1', '78', KILLED]) {
    const slot = new FinishSlot(t)
    slot.wantDown(true)
    slot.noteStart()
    slot.write('data/backoff', '3 4000 1\n')
    t.like(slot.finish(code), {status: 0, slept: null})
    t.is(slot.read('data/parked'), null)
  }
})

test('where s6-svstat cannot say what is wanted, the policy holds', t => {
  const slot = new FinishSlot(t)
  rmSync(join(slot.path, 'bin', 's6-svstat'))
  t.like(slot.finish('1'), {status: 0, slept: '1'})
})

test('the death of a restart is followed by a start at once, and forgets the failures', t => {
  const slot = new FinishSlot(t)
  slot.noteStart(0, 4_000_000)
  slot.write('data/backoff', '3 4000 1\n')
  slot.write('data/restart', '4000000\n')
  t.like(slot.finish('0'), {status: 0, slept: null})
  t.is(slot.read('data/restart'), null)
  t.is(slot.read('data/backoff'), null)
  t.is(slot.read('data/parked'), null)
})

test('a restart that was asked of another process does not excuse this one', t => {
  for (const asked of ['4000001\n', '\n', '', 'x\n']) {
    const slot = new FinishSlot(t)
    slot.noteStart(0, 4_000_000)
    slot.write('data/restart', asked)
    t.is(slot.finish('78').status, 125, asked)
    const unknown = new FinishSlot(t)
    unknown.write('data/restart', asked)
    t.is(unknown.finish('78').status, 125, asked)
  }
})

test('a pid is good for one death: the note of the start is emptied', t => {
  const slot = new FinishSlot(t)
  slot.noteStart()
  slot.finish('1')
  t.is(slot.read('data/started'), '')
})

test('notes that are empty, torn or garbage leave a delay all the same', t => {
  for (const name of ['backoff', 'started', 'restart', 'parked'])
    for (const note of [
      '',
      '\n',
      'x',
      'a b c\n',
      '7777777 x\n',
      '- -\n',
      '08 09\n',
      '99999999999999999999 1\n',
      '7777777 2 3 4 5\n',
      '$(exit 3)\n',
    ]) {
      const slot = new FinishSlot(t)
      slot.write(`data/${name}`, note)
      const {status, slept} = slot.finish('1')
      t.is(status, 0, `${name}: ${note}`)
      t.true(Number(slept) >= 1 && Number(slept) <= 60, `${name}: ${note}: ${String(slept)}`)
    }
})

test('a note that names every process, or the own group, kills none', t => {
  for (const pid of ['0', '1', '-1']) {
    const slot = new FinishSlot(t)
    const script = slot.read(`${PLACE}/finish`) ?? ''
    // Not the real thing: it would succeed.
    slot.write(`${PLACE}/finish`, script.replace('kill -s', 'echo kill -s'))
    slot.write('data/started', `${pid} 1 1\n`)
    t.like(slot.finish('1'), {status: 0, slept: '1'})
  }
})

test('a slot that cannot keep notes still waits between two starts', t => {
  const slot = new FinishSlot(t)
  rmSync(join(slot.path, 'data'), {recursive: true})
  t.like(slot.finish('1'), {status: 0, slept: '1'})
  t.like(slot.finish('78'), {status: 125, slept: null})
})

for (const shell of SHELLS) {
  test(`what the gateway left in its process group is killed, and nothing else, through ${shell.name}`, async t => {
    const leave = () => {
      // A leader of a group that has a child in it.
      const process = spawn('/bin/sh', ['-c', '/bin/sleep 1000 & echo $!; wait'], {
        detached: true,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      t.teardown(() => process.kill('SIGKILL'))
      return process
    }
    const [left, other] = [leave(), leave()]
    const [childOfLeft, childOfOther] = await Promise.all(
      [left, other].map(async ({stdout}) => String((await once(stdout, 'data'))[0]).trim()),
    )
    t.teardown(() => process.kill(Number(childOfOther), 'SIGKILL'))
    const ended = once(left, 'close')
    const slot = new FinishSlot(t, {}, shell)
    slot.noteStart(0, left.pid)
    t.like(slot.finish('1'), {status: 0, slept: '1'})
    // The pipe is closed when the child is gone too.
    t.deepEqual(await ended, [null, 'SIGKILL'])
    t.false(existsSync(`/proc/${String(childOfLeft)}/fd/1`))
    t.true(existsSync(`/proc/${String(other.pid)}/fd/0`) && existsSync(`/proc/${String(childOfOther)}/fd/0`))
  })
}

test('a finish script that may not be executed by others is still one that its account reads', t => {
  const slot = new FinishSlot(t)
  chmodSync(join(slot.path, PLACE, 'finish'), 0o644)
  t.like(slot.finish('1'), {status: 0, slept: '1'})
})
