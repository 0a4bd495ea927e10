import type {Fact} from './fact.js'
import {ABSENT, IDLE, type Probe, quote} from './probe.js'

/** What the launcher does: it asks how the process before it ended. */
function asksItself(launchctl: string): string {
  return `
    name=first; [ ! -e "$1/first" ] || name=second
    ${quote(launchctl)} list "$XPC_SERVICE_NAME" >"$1/new"
    [ -e "$1/second" ] || mv "$1/new" "$1/$name"
    exit 3`
}

/** Long enough to look at what waits. */
const WAITS_LONG = {KeepAlive: true, ThrottleInterval: 60}

/** The job after its first process has ended. */
async function afterDeath(probe: Probe) {
  await probe.bootstrap()
  return await probe.printed('its process has ended', ({pid, lastExit}) => pid === null && /\d/.test(lastExit))
}

/** The row of a label in the list of jobs; null where there is none. */
async function rowOf({mac, label}: Probe): Promise<string | null> {
  const {stdout} = await mac.launchctl('list')
  return stdout.split('\n').find(line => line.endsWith(`\t${label}`)) ?? null
}

function lastExitStatus(text: string): string {
  return /^\t"LastExitStatus" = (-?\d+);$/m.exec(text)?.[1] ?? 'no LastExitStatus'
}

/** What print and list say of a job in each state. */
export const STATE_FACTS: readonly Fact[] = [
  {
    question: 'print of a job that runs',
    expected: 'running, with a pid, (never exited)',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(IDLE)
      const pid = await probe.running()
      const job = await probe.print()
      const lastExit = job?.lastExit === '' ? 'no line about an exit' : (job?.lastExit ?? 'nothing')
      return `${job?.state ?? 'nothing'}, ${job?.pid === pid ? 'with' : 'without'} a pid, ${lastExit}`
    },
  },
  {
    question: 'print of a job that exited with 3 and waits to be started again',
    expected: 'spawn scheduled, without a pid, 3',
    isReliedOn: true,
    async ask(asker) {
      const job = await afterDeath(asker.probe('exit 3', WAITS_LONG))
      return `${job.state ?? 'nothing'}, without a pid, ${job.lastExit}`
    },
  },
  {
    question: 'print of a job that exited with 0 and is left alone',
    expected: 'not running, without a pid, 0',
    isReliedOn: true,
    async ask(asker) {
      const job = await afterDeath(asker.probe('exit 0', {KeepAlive: {SuccessfulExit: false}}))
      return `${job.state ?? 'nothing'}, without a pid, ${job.lastExit}`
    },
  },
  {
    question: 'print of a job that was killed, about its end',
    expected: 'Killed: 9',
    isReliedOn: true,
    async ask(asker) {
      const job = await afterDeath(asker.probe('kill -9 $$', WAITS_LONG))
      return job.lastExit
    },
  },
  {
    question: 'print of a job that exited with 78, about its end',
    expected: '78: EX_CONFIG',
    accepts: /^78$/,
    isReliedOn: true,
    async ask(asker) {
      const job = await afterDeath(asker.probe('exit 78', WAITS_LONG))
      return job.lastExit
    },
  },
  {
    question: 'print: the second word of the arguments',
    expected: 'abc123',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe('')
      probe.write({ProgramArguments: ['/bin/sh', 'abc123']})
      await probe.bootstrap()
      return (await probe.print())?.argv[1] ?? 'none'
    },
  },
  {
    question: 'print: exit timeout and minimum runtime of a job with ExitTimeOut 7 and ThrottleInterval 9',
    expected: '7 and 9',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(IDLE, {ExitTimeOut: 7, ThrottleInterval: 9})
      await probe.running()
      const job = await probe.print()
      return `${job?.value('exit timeout') ?? 'none'} and ${job?.value('minimum runtime') ?? 'none'}`
    },
  },
  {
    question: 'list: the row of a job that runs',
    expected: 'PID TAB 0 TAB LABEL',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(IDLE)
      const pid = await probe.running()
      return (
        (await rowOf(probe))?.replace(String(pid), 'PID').replace(probe.label, 'LABEL').replaceAll('\t', ' TAB ') ??
        'none'
      )
    },
  },
  {
    question: 'list: the row of a job that exited with 3 and waits',
    expected: '- TAB 3 TAB LABEL',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe('exit 3', WAITS_LONG)
      await afterDeath(probe)
      return (await rowOf(probe))?.replace(probe.label, 'LABEL').replaceAll('\t', ' TAB ') ?? 'none'
    },
  },
  {
    question: 'list: the status of a job that was killed and waits',
    expected: '-9',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe('kill -9 $$', WAITS_LONG)
      await afterDeath(probe)
      return (await rowOf(probe))?.split('\t')[1] ?? 'none'
    },
  },
  {
    question: 'list LABEL: LastExitStatus after an exit with 3, and after a kill with 9',
    expected: '768 and 9',
    isReliedOn: true,
    async ask(asker) {
      const answers: string[] = []
      for (const end of ['exit 3', 'kill -9 $$']) {
        const probe = asker.probe(end, WAITS_LONG)
        await afterDeath(probe)
        answers.push(lastExitStatus((await asker.mac.launchctl('list', probe.label)).stdout))
      }
      return answers.join(' and ')
    },
  },
  {
    question:
      'list LABEL, asked by the process of the job itself: LastExitStatus of its first and of its second process',
    expected: '0 and 768',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(asksItself(asker.mac.launchctlPath), {KeepAlive: true})
      await probe.bootstrap()
      return `${lastExitStatus(await probe.wrote('first'))} and ${lastExitStatus(await probe.wrote('second'))}`
    },
  },
  {
    question: 'the same of a daemon that runs as another account',
    expected: '0 and 768',
    isReliedOn: true,
    exempt: ({account}) => (account === null ? 'needs the system scope and an account' : null),
    async ask(asker) {
      const {launchctlPath, account} = asker.mac
      const probe = asker.probe(asksItself(launchctlPath), {KeepAlive: true, UserName: account?.name ?? ''})
      await probe.bootstrap()
      return `${lastExitStatus(await probe.wrote('first'))} and ${lastExitStatus(await probe.wrote('second'))}`
    },
  },
  {
    question: 'list of a label that is not loaded',
    expected: '113',
    accepts: /^3$/,
    isReliedOn: false,
    async ask({mac}) {
      return String((await mac.launchctl('list', ABSENT)).code)
    },
  },
]
