import {eventually} from '../eventually.js'
import type {Fact} from './fact.js'
import {ABSENT, IDLE, type Probe, quote, seconds, SLOW_TO_END} from './probe.js'

/** How often a program said the same in a row: `5 for 1.2 s, then 0`. */
function summarize(answers: readonly {readonly code: number | null; readonly atMs: number}[], begunMs: number): string {
  const codes = [...new Set(answers.slice(0, -1).map(({code}) => String(code)))].join(' and ')
  const last = answers.at(-1)
  const lastedMs = (last?.atMs ?? begunMs) - begunMs
  return `${codes === '' ? '' : `${codes} for ${seconds(lastedMs)}, then `}${String(last?.code)}`
}

/** Tries to load it again until that works. */
async function bootstrapAgain(probe: Probe, begunMs: number): Promise<string> {
  const answers: {code: number | null; atMs: number}[] = []
  await eventually(`${probe.label} is loaded again`, async () => {
    const {code} = await probe.bootstrap()
    answers.push({code, atMs: performance.now()})
    return code === 0
  })
  return summarize(answers, begunMs)
}

/** sh(1) has no way into another session. */
const DETACH = `
  const script = 'echo $$ >"$0/child"; exec sleep 1000'
  const options = {detached: true, stdio: 'ignore'}
  require('node:child_process').spawn('/bin/sh', ['-c', script, process.argv[1]], options).unref()
  setInterval(() => undefined, 1000)`

/** What happens between bootout and the next bootstrap. */
export const ENDING_FACTS: readonly Fact[] = [
  {
    question: 'bootout of a job that takes 1.5 s to end: what it answers, and when',
    expected: '0, before the process has ended',
    accepts: /^(0|36), (before|after)/,
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(SLOW_TO_END)
      const pid = await probe.running()
      const {code} = await probe.bootout()
      return `${String(code)}, ${probe.lives(pid) ? 'before' : 'after'} the process has ended`
    },
  },
  {
    question: 'print while such a job ends',
    expected: '0, SIGTERMed, with its pid',
    accepts: /^(0, SIG(TERM|KILL)ed, with(out)? its pid|nothing, (although|because) .*)$/,
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(SLOW_TO_END)
      const pid = await probe.running()
      await probe.bootout()
      const job = await probe.print()
      if (job === null) return `nothing, ${probe.lives(pid) ? 'although' : 'because'} the process ended later`
      return `0, ${job.state ?? 'no state'}, ${job.pid === pid ? 'with' : 'without'} its pid`
    },
  },
  {
    question: 'bootstrap while such a job ends, until it is loaded',
    expected: '5 for 1.5 s, then 0',
    accepts: /^((17|37|36|5|130)( and )?)+ for \d+\.\d s, then 0$/,
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(SLOW_TO_END)
      await probe.running()
      const begunMs = performance.now()
      await probe.bootout()
      return await bootstrapAgain(probe, begunMs)
    },
  },
  {
    question: 'bootstrap right after bootout of a job that ends at once, until it is loaded',
    expected: '0',
    accepts: /^(((17|37|36|5|130)( and )?)+ for ([0-9]|1[0-4])\.\d s, then )?0$/,
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe('exec sleep 1000')
      await probe.running()
      const begunMs = performance.now()
      await probe.bootout()
      return await bootstrapAgain(probe, begunMs)
    },
  },
  {
    question: 'how long a label is taken after its process has ended',
    expected: 'up to 5 s',
    accepts: /^([0-9]|1[0-4])\.\d s$/,
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(SLOW_TO_END)
      const pid = await probe.running()
      await probe.bootout()
      await eventually('the process ends', () => !probe.lives(pid))
      const endedMs = performance.now()
      await probe.gone()
      return seconds(performance.now() - endedMs)
    },
  },
  {
    question: 'print of a label that is not loaded',
    expected: '113',
    accepts: /^3$/,
    isReliedOn: true,
    async ask({mac}) {
      return String((await mac.launchctl('print', `${mac.domain}/${ABSENT}`)).code)
    },
  },
  {
    question: 'bootout of a label that is not loaded',
    expected: '3',
    accepts: /^113$/,
    isReliedOn: true,
    async ask({mac}) {
      return String((await mac.launchctl('bootout', `${mac.domain}/${ABSENT}`)).code)
    },
  },
  {
    question: 'a job that ignores TERM, with ExitTimeOut 1: when it is killed after bootout',
    expected: 'after 1.0 s',
    accepts: /^after [0-3]\.\d s$/,
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(`trap '' TERM; ${IDLE}`, {ExitTimeOut: 1})
      const pid = await probe.running()
      const begunMs = performance.now()
      await probe.bootout()
      await eventually('the process ends', () => !probe.lives(pid))
      return `after ${seconds(performance.now() - begunMs)}`
    },
  },
  {
    question: 'a process of the job in a session of its own, after bootout',
    expected: 'is killed',
    accepts: /^lives on$/,
    isReliedOn: false,
    async ask(asker) {
      const probe = asker.probe(`exec ${quote(process.execPath)} -e ${quote(DETACH)} "$1"`)
      const pid = await probe.running()
      const other = Number(await probe.wrote('child'))
      await probe.bootout()
      await eventually('the process ends', () => !probe.lives(pid))
      await probe.gone()
      const survives = probe.lives(other)
      if (survives) process.kill(other, 'SIGKILL')
      return survives ? 'lives on' : 'is killed'
    },
  },
]
