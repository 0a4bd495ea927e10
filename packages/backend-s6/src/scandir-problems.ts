import {existsSync, readdirSync, statSync} from 'node:fs'
import {join} from 'node:path'
import type {Problem} from '@hermes-svc/core'
import {askControl, scandirControl} from './control-fifo.js'

/** The longest name that s6-svscan takes (s6 2.12, s6-svscan.html). */
const NAME_MAX = 251

/** What a scan directory holds, as s6-svscan counts it. */
export interface ScandirLoad {
  readonly services: number
  /** One for each service and one for each logger. */
  readonly slots: number
  /** Entries whose target cannot be looked at: dangling links. */
  readonly unreadable: readonly string[]
  readonly tooLong: readonly string[]
}

/** What s6-svscan looks at in a scan directory: each is at most one service with a logger. Throws the system error. */
export function namesIn(scandir: string): string[] {
  return readdirSync(scandir).filter(name => !name.startsWith('.'))
}

/** Counts a scan directory. Throws the system error where it cannot look. */
export function measureScandir(scandir: string): ScandirLoad {
  let [services, slots] = [0, 0]
  const unreadable: string[] = []
  const tooLong: string[] = []
  for (const name of namesIn(scandir)) {
    let stats
    try {
      stats = statSync(join(scandir, name))
    } catch {
      unreadable.push(name)
      continue
    }
    if (!stats.isDirectory()) continue
    if (Buffer.byteLength(name) > NAME_MAX) tooLong.push(name)
    services += 1
    slots += existsSync(join(scandir, name, 'log')) ? 2 : 1
  }
  return {services, slots, unreadable, tooLong}
}

/** What keeps s6-svscan from taking up services, or will, each as a sentence. `capacity`: services with a logger that it takes. */
export function findScandirProblems(scandir: string, capacity = Infinity): Problem[] {
  const {services, slots, unreadable, tooLong} = measureScandir(scandir)
  const problems: Problem[] = unreadable.map(name => ({
    severity: 'error',
    message: `${join(scandir, name)} leads nowhere: s6 2.12 and later abandon every scan because of it, so that nothing new starts and nothing removed ends`,
    hint: `remove it: rm ${join(scandir, name)}`,
  }))
  if (services > capacity || slots > 2 * capacity) {
    problems.push({
      severity: 'error',
      message: `${scandir} has ${String(services)} services, ${String(slots)} with their loggers; s6-svscan takes ${String(2 * capacity)}: s6 2.12 and later abandon every scan because of it`,
      hint: 'remove services, or give s6-svscan a larger -C (-c before s6 2.12) and say so in backends.s6.capacity',
    })
  }
  for (const name of tooLong) {
    problems.push({
      severity: 'warning',
      message: `${name.slice(0, 60)}… in ${scandir} has a name of more than ${String(NAME_MAX)} bytes: s6 2.12 and later pass over it`,
      hint: null,
    })
  }
  return problems
}

/** Whether s6-svscan listens, as a sentence where it does not or may not be asked. */
export function findSvscanProblems(scandir: string): Problem[] {
  const answer = askControl(scandirControl(scandir))
  if (answer === 'alive') return []
  const got = answer === 'denied' ? 'permission denied' : 'nobody'
  const message = `expected s6-svscan to listen on ${scandir}, got ${got}: nothing new is started there`
  const hint = answer === 'denied' ? 'run it as root, or as the account that owns it' : `start it: s6-svscan ${scandir}`
  return [{severity: 'error', message, hint}]
}
