import {stays} from '../eventually.js'
import type {Mac} from '../mac.js'
import type {Fact} from './fact.js'
import {IDLE, type Probe} from './probe.js'

const QUIET_MS = 1500

/** What is noted about a label: `disabled`, `enabled`, or as old systems have it. */
async function decisionIn(domain: string, {mac, label}: Probe): Promise<string> {
  const {code, stdout} = await mac.launchctl('print-disabled', domain)
  if (code !== 0) return `${domain} answers ${String(code)}`
  const line = stdout.split('\n').find(each => each.includes(`"${label}" =>`))
  return line?.split('=> ')[1]?.trim() ?? 'nothing'
}

function needsBoth({domains}: Mac): string | null {
  return domains.length > 1 ? null : 'needs an account that is logged in at the screen'
}

/** What `disable` and `enable` do, who sees it, and what launchd refuses to load. */
export const DECISION_FACTS: readonly Fact[] = [
  {
    question: 'disable of a job that runs',
    expected: 'runs on',
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(IDLE)
      const pid = await probe.running()
      await asker.mac.launchctl('disable', probe.target)
      await stays('its process lives', () => probe.lives(pid), QUIET_MS)
      await asker.mac.launchctl('enable', probe.target)
      return 'runs on'
    },
  },
  {
    question: 'bootstrap of a label that is disabled, then after enable',
    expected: '119, then 0',
    accepts: /^5, then 0$/,
    isReliedOn: true,
    async ask(asker) {
      const probe = asker.probe(IDLE)
      await asker.mac.launchctl('disable', probe.target)
      const {code: refused} = await probe.bootstrap()
      await asker.mac.launchctl('enable', probe.target)
      const {code: loaded} = await probe.bootstrap()
      return `${String(refused)}, then ${String(loaded)}`
    },
  },
  {
    question: 'print-disabled after disable, and after enable',
    expected: 'disabled, then enabled',
    accepts: /^true, then false$/,
    isReliedOn: true,
    async ask(asker) {
      const {mac} = asker
      const probe = asker.probe(IDLE)
      await mac.launchctl('disable', probe.target)
      const first = await decisionIn(mac.domain, probe)
      await mac.launchctl('enable', probe.target)
      return `${first}, then ${await decisionIn(mac.domain, probe)}`
    },
  },
  {
    question: 'disable in one of the domains of an account: what the other says',
    expected: 'user sees disabled, gui sees disabled',
    accepts: /^user sees true, gui sees true$/,
    isReliedOn: true,
    exempt: needsBoth,
    async ask(asker) {
      const {mac} = asker
      const sees: string[] = []
      for (const [one, other] of [
        ['gui', 'user'],
        ['user', 'gui'],
      ] as const) {
        const probe = asker.probe(IDLE)
        await mac.launchctl('disable', `${one}/${String(mac.uid)}/${probe.label}`)
        sees.push(`${other} sees ${await decisionIn(`${other}/${String(mac.uid)}`, probe)}`)
        await mac.launchctl('enable', `${one}/${String(mac.uid)}/${probe.label}`)
      }
      return sees.join(', ')
    },
  },
  {
    question: 'print-disabled of our own domain',
    expected: '0',
    isReliedOn: true,
    async ask({mac}) {
      const domain = mac.scope === 'system' ? 'system' : `user/${String(mac.uid)}`
      return String((await mac.launchctl('print-disabled', domain)).code)
    },
  },
  {
    question: 'print-disabled of system, for whoever asks',
    expected: '0',
    accepts: /^\d+$/,
    isReliedOn: false,
    async ask({mac}) {
      return String((await mac.launchctl('print-disabled', 'system')).code)
    },
  },
  {
    question: 'print of a domain of an account that is not there',
    expected: '112',
    accepts: /^125$/,
    isReliedOn: false,
    async ask({mac}) {
      return String((await mac.launchctl('print', 'gui/64999')).code)
    },
  },
  {
    question: 'bootstrap into a domain of an account that is not there',
    expected: '125',
    accepts: /^112$/,
    isReliedOn: false,
    async ask(asker) {
      const probe = asker.probe(IDLE)
      return String((await asker.mac.launchctl('bootstrap', 'gui/64999', probe.path)).code)
    },
  },
  {
    question: 'bootstrap of an agent for Aqua alone into user/UID',
    expected: '5',
    accepts: /^\d+$/,
    isReliedOn: false,
    exempt: needsBoth,
    async ask(asker) {
      const {mac} = asker
      const probe = asker.probe(IDLE, {LimitLoadToSessionType: 'Aqua'})
      return String((await mac.launchctl('bootstrap', `user/${String(mac.uid)}`, probe.path)).code)
    },
  },
  {
    question: 'bootstrap of an agent for Background alone into gui/UID',
    expected: '5',
    accepts: /^\d+$/,
    isReliedOn: false,
    exempt: needsBoth,
    async ask(asker) {
      const {mac} = asker
      const probe = asker.probe(IDLE, {LimitLoadToSessionType: 'Background'})
      return String((await mac.launchctl('bootstrap', `gui/${String(mac.uid)}`, probe.path)).code)
    },
  },
  {
    question: 'bootstrap of a definition that others can write',
    expected: '5',
    isReliedOn: false,
    async ask(asker) {
      const probe = asker.probe(IDLE)
      probe.write({ProgramArguments: ['/bin/sh', '-c', IDLE]}, 0o666)
      return String((await probe.bootstrap()).code)
    },
  },
  {
    question: 'bootstrap of a definition that nobody else can read',
    expected: '0',
    accepts: /^5$/,
    isReliedOn: false,
    async ask(asker) {
      const probe = asker.probe(IDLE)
      probe.write({ProgramArguments: ['/bin/sh', '-c', IDLE]}, 0o600)
      return String((await probe.bootstrap()).code)
    },
  },
  {
    question: 'managername',
    expected: 'Aqua',
    accepts: /^(Background|System)$/,
    isReliedOn: false,
    async ask({mac}) {
      return (await mac.launchctl('managername')).stdout.trim()
    },
  },
]
