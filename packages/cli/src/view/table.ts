/** A cell: what is measured, and what is printed in its place when that carries escapes. */
export interface Cell {
  readonly text: string
  readonly paint?: (text: string) => string
}

const GAP = 2
const NARROWEST = 6

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

/** Column widths that fit: the last column gives way first, then the widest of the others; the first, which names the row, never. */
function fit(widths: readonly number[], available: number): number[] {
  const fitted = [...widths]
  const last = fitted.length - 1
  const total = (): number => fitted.reduce((sum, width) => sum + width, GAP * last)
  while (total() > available) {
    const widest = Math.max(...fitted.slice(1))
    if (widest <= NARROWEST) break
    const at = (fitted[last] ?? 0) > NARROWEST ? last : fitted.indexOf(widest, 1)
    fitted[at] = (fitted[at] ?? 0) - 1
  }
  return fitted
}

/** Lays rows out in columns under their headings; no line ends in spaces, none is wider than `width` if that can be. */
export function tableLines(
  headings: readonly string[],
  rows: readonly (readonly (Cell | string)[])[],
  width = 80,
): string[] {
  const cells = [headings, ...rows].map(row => row.map(cell => (typeof cell === 'string' ? {text: cell} : cell)))
  const natural = headings.map((_, column) => Math.max(...cells.map(row => row[column]?.text.length ?? 0)))
  const widths = fit(natural, width)
  return cells.map(row => {
    const shown = row.map((cell, column) => {
      const size = widths[column] ?? 0
      const text = column === 0 ? cell.text : shorten(cell.text, size)
      const padding = column === row.length - 1 ? '' : ' '.repeat(Math.max(0, size - text.length) + GAP)
      return `${cell.paint?.(text) ?? text}${padding}`
    })
    return shown.join('').trimEnd()
  })
}
