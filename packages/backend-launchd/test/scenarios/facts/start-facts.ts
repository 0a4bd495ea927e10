import {eventually, stays} from '../eventually.js'
import type {Fact} from './fact.js'
import {ABSENT, IDLE, type Probe, seconds} from './probe.js'

const QUIET_MS = 4000
/** Notes each of its starts. */
const NOTES_STARTS = 'echo $$ >>"$1/starts"'

async function startsOf(probe: Probe): Promise<number> {
  return (await probe.wrote('starts')).split('\n').length
}

/** From the end of the first process to the second, where the first dies at once. */
async function secondStart(probe: Probe): Promise<string> {
  await probe.bootstrap()
  await probe.wrote('starts')
  const begunMs = performance.now()
  await eventually('it is started again', async () => (await startsOf(probe)) > 1)
  return `after ${seconds(performance.now() - begunMs)}`
}

/** When and how launchd starts a job. */
export const START_FACTS: readonly Fact[] = [
  {
    question: 'bootstrap of a label that is loaded, and what runs',
    expected: '5, and it runs on',
    accepts: /^(17|37|130), and it runs on$/,
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(IDLE)
      const pid = await probe.running()
      const {code} = await probe.bootstrap()
      return `${String(code)}, and it ${(await probe.pid()) === pid ? 'runs on' : 'is another process'}`
    },
  },
  {
    question: 'exit 0 with KeepAlive {SuccessfulExit: false}',
    expected: 'stays down',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(`${NOTES_STARTS}; exit 0`, {KeepAlive: {SuccessfulExit: false}})
      await probe.bootstrap()
      await probe.wrote('starts')
      await stays('no other start', async () => (await startsOf(probe)) === 1, QUIET_MS)
      return 'stays down'
    },
  },
  {
    question: 'exit 3 with KeepAlive {SuccessfulExit: false} and ThrottleInterval 1: the next start',
    expected: 'after 1.0 s',
    accepts: /^after [0-2]\.\d s$/,
    isReliedOn: true,
    ask: asker => secondStart(asker.probe(`${NOTES_STARTS}; exit 3`, {KeepAlive: {SuccessfulExit: false}})),
  },
  {
    question: 'exit 0 with KeepAlive true and ThrottleInterval 1: the next start',
    expected: 'after 1.0 s',
    accepts: /^after [0-2]\.\d s$/,
    isReliedOn: true,
    ask: asker => secondStart(asker.probe(`${NOTES_STARTS}; exit 0`, {KeepAlive: true})),
  },
  {
    question: 'exit 3 with ThrottleInterval 3 of a process that lived for 4 s: the next start',
    expected: 'after 0.0 s',
    accepts: /^after [0-3]\.\d s$/,
    isReliedOn: false,
    async ask(asker) {
      const script = `sleep 4; ${NOTES_STARTS}; exit 3`
      const probe = asker.probe(script, {KeepAlive: true, ThrottleInterval: 3})
      const first = await probe.running()
      await probe.wrote('starts')
      const begunMs = performance.now()
      await probe.pid(first)
      return `after ${seconds(performance.now() - begunMs)}`
    },
  },
  {
    question: 'kickstart of a job that waits for ThrottleInterval 5',
    expected: 'starts at once',
    accepts: /^waits( \d\.\d s)?$/,
    isReliedOn: false,
    async ask(asker) {
      const probe = asker.probe(`${NOTES_STARTS}; exit 3`, {KeepAlive: true, ThrottleInterval: 5})
      await probe.bootstrap()
      await probe.printed('it waits', ({pid, lastExit}) => pid === null && lastExit === '3')
      const begunMs = performance.now()
      await asker.mac.launchctl('kickstart', probe.target)
      await eventually('it is started again', async () => (await startsOf(probe)) > 1)
      const tookMs = performance.now() - begunMs
      return tookMs < 2000 ? 'starts at once' : `waits ${seconds(tookMs)}`
    },
  },
  {
    question: 'kickstart of a job that was left alone after exit 0',
    expected: '0, starts',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(`${NOTES_STARTS}; exit 0`, {KeepAlive: {SuccessfulExit: false}})
      await probe.bootstrap()
      await probe.printed('it has ended', ({pid, lastExit}) => pid === null && lastExit === '0')
      const {code} = await asker.mac.launchctl('kickstart', probe.target)
      await eventually('it is started again', async () => (await startsOf(probe)) === 2)
      return `${String(code)}, starts`
    },
  },
  {
    question: 'kickstart of a job that runs',
    expected: '0, and it runs on',
    accepts: /^37, and it runs on$/,
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(IDLE)
      const pid = await probe.running()
      const {code} = await asker.mac.launchctl('kickstart', probe.target)
      return `${String(code)}, and it ${(await probe.pid()) === pid ? 'runs on' : 'is another process'}`
    },
  },
  {
    question: 'kickstart -k of a job that runs for longer than its ThrottleInterval',
    expected: '0, TERM, another process',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(`trap 'echo TERM >"$1/signal"; exit 0' TERM; ${IDLE}`)
      const pid = await probe.running()
      await stays('it runs', () => probe.lives(pid), 1200)
      const {code} = await asker.mac.launchctl('kickstart', '-k', probe.target)
      const signal = await probe.wrote('signal')
      await probe.pid(pid)
      return `${String(code)}, ${signal}, another process`
    },
  },
  {
    question: 'kickstart -k right after a start with ThrottleInterval 5: the next process',
    expected: 'after 5.0 s',
    accepts: /^after \d\.\d s$/,
    isReliedOn: false,
    async ask(asker) {
      const probe = asker.probe('exec sleep 1000', {ThrottleInterval: 5})
      const pid = await probe.running()
      const begunMs = performance.now()
      await asker.mac.launchctl('kickstart', '-k', probe.target)
      await probe.pid(pid)
      return `after ${seconds(performance.now() - begunMs)}`
    },
  },
  {
    question: 'kickstart of a label that is not loaded',
    expected: '113',
    accepts: /^3$/,
    isReliedOn: true,
    async ask({mac}) {
      return String((await mac.launchctl('kickstart', `${mac.domain}/${ABSENT}`)).code)
    },
  },
  {
    question: 'a program that is not there: bootstrap, and how it ended',
    expected: '0, 78: EX_CONFIG',
    accepts: /^(0, .*|5, .*)$/,
    isReliedOn: false,
    async ask(asker) {
      const probe = asker.probe('')
      probe.write({ProgramArguments: ['/nonexistent/hsvc-mac']})
      const {code} = await probe.bootstrap()
      if (code !== 0) return `${String(code)}, not loaded`
      return `0, ${(await probe.printed('it has ended', ({lastExit}) => /\d/.test(lastExit))).lastExit}`
    },
  },
  {
    question: 'XPC_SERVICE_NAME of a process that the job has started',
    expected: 'its label',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(`/bin/sh -c 'echo "$XPC_SERVICE_NAME" >"$0/name"' "$1"; ${IDLE}`)
      await probe.running()
      const name = await probe.wrote('name')
      return name === probe.label ? 'its label' : name
    },
  },
  {
    question: 'submit: its process, and remove',
    expected: '0, runs, 0, gone',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe('')
      const {mac} = asker
      const job = ['/bin/sh', '-c', `echo up >"$0/up"; ${IDLE}`, probe.directory]
      const {code: submitted} = await mac.launchctl('submit', '-l', probe.label, '--', ...job)
      await probe.wrote('up')
      const {code: removed} = await mac.launchctl('remove', probe.label)
      await probe.gone()
      return `${String(submitted)}, runs, ${String(removed)}, gone`
    },
  },
]
