import {readFileSync} from 'node:fs'

/** Clock ticks in a second: USER_HZ of proc(5), the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/**
 * When process 1 of this container or machine began, in milliseconds since the epoch; null off Linux. What was written
 * before names processes of an earlier life.
 */
export function lifeStartedAtMs(proc = '/proc'): number | null {
  try {
    const bootedAt = Number(/^btime (\d+)$/m.exec(readFileSync(`${proc}/stat`, 'utf8'))?.[1])
    const stat = readFileSync(`${proc}/1/stat`, 'utf8')
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
    const ms = (bootedAt + ticks / TICKS_PER_SECOND) * 1000
    return Number.isFinite(ms) ? ms : null
  } catch {
    return null
  }
}
