const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const

/** Seconds as the two largest units that say something: `3d 4h`, `2h 5m`, `41s`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const first = UNITS.findIndex(([, size]) => whole >= size)
  if (first === -1) return '0s'
  let rest = whole
  const parts = UNITS.slice(first, first + 2).map(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest %= size
    return count === 0 ? '' : `${String(count)}${unit}`
  })
  return parts.filter(part => part !== '').join(' ')
}
