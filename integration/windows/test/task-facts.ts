import {setTimeout as delay} from 'node:timers/promises'
import type {Fact} from './fact.js'
import {SOURCE} from './probe-task.js'
import type {RealWindows, ToolAnswer} from './real-windows.js'

/** The shortest heartbeat is a minute, and the scheduler need not be on time. */
const HEARTBEAT_MS = 150_000

function unsigned({code}: ToolAnswer): string {
  if (code === null) return 'no answer'
  return code === 0 || code === 1 ? String(code) : `0x${(code >>> 0).toString(16)}`
}

function encodingOf({stdout}: ToolAnswer): string {
  const hasMark = stdout[0] === 0xff && stdout[1] === 0xfe
  if (stdout.includes(0)) return hasMark ? 'UTF-16 with a mark' : 'UTF-16 without a mark'
  return 'one byte for each ASCII character'
}

function needsNoRights({isElevated}: RealWindows): string | null {
  return isElevated ? 'needs an account without administrator rights' : null
}

/** What schtasks takes, and what it answers. */
const ANSWER_FACTS: readonly Fact[] = [
  {
    question: '`schtasks /Create /F /XML` of a task whose trigger and principal name this account',
    expected: '0',
    isReliedOn: true,
    async ask(asker) {
      return unsigned(await asker.probe({autostart: true}).create('/F'))
    },
  },
  {
    question: 'the same over one that is there',
    expected: '0',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe()
      await probe.create('/F')
      return unsigned(await probe.create('/F'))
    },
  },
  {
    question: 'the same with a logon trigger that names nobody, `/HRESULT`',
    expected: '0x80070005',
    accepts: /^0x5$/,
    isReliedOn: false,
    exempt: needsNoRights,
    async ask(asker) {
      const change = (xml: string): string => xml.replace(/(<LogonTrigger>[^]*?)<UserId>[^<]*<\/UserId>/, '$1')
      return unsigned(await asker.probe({autostart: true, change}).create('/F', '/HRESULT'))
    },
  },
  {
    question: 'whether the words of that refusal have those of `net helpmsg 5` in them',
    expected: 'yes',
    isReliedOn: false,
    exempt: needsNoRights,
    async ask(asker) {
      const change = (xml: string): string => xml.replace(/(<LogonTrigger>[^]*?)<UserId>[^<]*<\/UserId>/, '$1')
      const {stderr} = await asker.probe({autostart: true, change}).create('/F')
      const {stdout} = await asker.windows.run('net.exe', 'helpmsg', '5')
      const words = stdout.toString('latin1').trim()
      return words !== '' && stderr.toString('latin1').includes(words) ? 'yes' : `no: ${stderr.toString('latin1')}`
    },
  },
  {
    question: '`/Create` without `/F` over one that is there, with nobody to answer',
    expected: '1',
    isReliedOn: false,
    async ask(asker) {
      const probe = asker.probe()
      await probe.create('/F')
      return unsigned(await probe.create())
    },
  },
  {
    question: '`/Query` of a task that is not there',
    expected: '1',
    accepts: /^0x/,
    isReliedOn: true,
    async ask(asker) {
      return unsigned(await asker.probe().ask('/Query', '/XML'))
    },
  },
  {
    question: 'the same with `/HRESULT`',
    expected: '0x80070002',
    accepts: /^0x2$/,
    isReliedOn: false,
    async ask(asker) {
      return unsigned(await asker.probe().ask('/Query', '/XML', '/HRESULT'))
    },
  },
  {
    question: '`/Delete /F` of a task that is not there, `/HRESULT`',
    expected: '0x80070002',
    accepts: /^0x2$/,
    isReliedOn: false,
    async ask(asker) {
      return unsigned(await asker.probe().ask('/Delete', '/F', '/HRESULT'))
    },
  },
  {
    question: 'what `/Query /XML` prints into a pipe',
    expected: 'one byte for each ASCII character',
    accepts: /^UTF-16 with a mark$/,
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe({description: 'é 方舟'})
      await probe.create('/F')
      return encodingOf(await probe.ask('/Query', '/XML'))
    },
  },
  {
    question: 'the Source of a task in that',
    expected: 'as it was given',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe()
      await probe.create('/F')
      const {stdout} = await probe.ask('/Query', '/XML')
      const text = stdout.toString('latin1').replaceAll('\0', '')
      return text.includes(`<Source>${SOURCE}</Source>`) ? 'as it was given' : 'another'
    },
  },
  {
    question: 'the UserId of a task in that',
    expected: 'a SID',
    isReliedOn: false,
    async ask(asker) {
      const probe = asker.probe()
      await probe.create('/F')
      const {stdout} = await probe.ask('/Query', '/XML')
      const text = stdout.toString('latin1').replaceAll('\0', '')
      return /<UserId>S-1-/.test(text) ? 'a SID' : 'a name'
    },
  },
]

/** What becomes of processes. */
const RUN_FACTS: readonly Fact[] = [
  {
    question: '`/Run` of a task that runs',
    expected: '0, one process',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe()
      await probe.running()
      const answer = await probe.ask('/Run')
      await delay(asker.windows.quietMs)
      return `${unsigned(answer)}, ${probe.witness.starts().length === 1 ? 'one process' : 'several processes'}`
    },
  },
  {
    question: '`/Change /DISABLE` of a task that runs, then `/Run` when it has ended',
    expected: 'runs on, then nothing',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe()
      await probe.running()
      await probe.ask('/Change', '/DISABLE')
      await delay(asker.windows.quietMs)
      const before = probe.witness.alive().length === 1 ? 'runs on' : 'ends'
      await probe.witness.end()
      await probe.ask('/Run')
      await delay(asker.windows.quietMs)
      return `${before}, then ${probe.witness.starts().length === 1 ? 'nothing' : 'a process'}`
    },
  },
  {
    question: '`/Run` after `/Change /ENABLE`',
    expected: 'a process',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe()
      await probe.create('/F')
      await probe.ask('/Change', '/DISABLE')
      await probe.ask('/Change', '/ENABLE')
      await probe.ask('/Run')
      await probe.witness.started()
      return 'a process'
    },
  },
  {
    question: 'whether 267009 is in what `/Query /V /FO CSV` says of a task that runs',
    expected: 'yes',
    isReliedOn: false,
    async ask(asker) {
      const probe = asker.probe()
      await probe.running()
      const {stdout} = await probe.ask('/Query', '/V', '/FO', 'CSV', '/NH')
      return stdout.includes('"267009"') ? 'yes' : 'no'
    },
  },
  {
    question: 'the process behind a launcher after `/End`',
    expected: 'goes on',
    isReliedOn: false,
    async ask(asker) {
      const probe = asker.probe()
      await probe.running()
      await probe.ask('/End')
      await delay(asker.windows.quietMs)
      return probe.witness.alive().length === 1 ? 'goes on' : 'ends'
    },
  },
  {
    question: 'the same after `/Delete /F`',
    expected: 'goes on',
    isReliedOn: false,
    async ask(asker) {
      const probe = asker.probe()
      await probe.running()
      await probe.ask('/Delete', '/F')
      await delay(asker.windows.quietMs)
      return probe.witness.alive().length === 1 ? 'goes on' : 'ends'
    },
  },
]

/** Takes minutes: there is no shorter heartbeat. */
export const HEARTBEAT_FACT: Fact = {
  question: 'a heartbeat of one minute, without `/Run`',
  expected: 'starts it once, and again when it has ended',
  isReliedOn: true,
  async ask(asker) {
    const probe = asker.probe({autostart: true, change: xml => xml.replace('PT5M', 'PT1M')})
    await probe.create('/F')
    await probe.witness.started(0, HEARTBEAT_MS)
    await delay(70_000)
    const once = probe.witness.starts().length === 1 ? 'once' : 'several times'
    await probe.witness.end()
    await probe.witness.started(1, HEARTBEAT_MS)
    return `starts it ${once}, and again when it has ended`
  },
}

/** What the backend, or its documentation, takes for granted of the Task Scheduler besides. */
export const TASK_FACTS: readonly Fact[] = [...ANSWER_FACTS, ...RUN_FACTS]
