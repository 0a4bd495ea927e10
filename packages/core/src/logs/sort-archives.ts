/** As our runner names them, by number. */
const NUMBERED = /^archive\.\d{10}$/

/** As s6-log names them: the TAI64N time of the rotation; `u` where the logger had been killed. */
const TIMED = /^@([0-9a-f]{16})[0-9a-f]{8}\.[su]$/

/** TAI64 counts from 2^62; skalibs takes TAI as 10 s and 27 leap seconds ahead of UTC. */
const TAI64_EPOCH = 2n ** 62n + 37n

function rotatedMs(name: string): number {
  const [, seconds] = TIMED.exec(name) ?? []
  return Number(BigInt(`0x${seconds ?? ''}`) - TAI64_EPOCH) * 1000
}

/**
 * The archives among the names in a log directory, oldest first. Each kind is in the order of its names; where two
 * loggers have written one after the other, `modifiedMs` of the numbered ones is compared with the time of the others.
 */
export function sortArchives(names: readonly string[], modifiedMs: (name: string) => number): string[] {
  const numbered = names.filter(name => NUMBERED.test(name)).sort()
  const timed = names.filter(name => TIMED.test(name)).sort()
  const sorted: string[] = []
  for (const name of timed) {
    while (numbered[0] !== undefined && modifiedMs(numbered[0]) < rotatedMs(name)) sorted.push(...numbered.splice(0, 1))
    sorted.push(name)
  }
  return [...sorted, ...numbered]
}
