/** Number of single-character insertions, deletions and replacements between two strings (Levenshtein). */
function editDistance(from: string, to: string): number {
  let previous = Array.from({length: to.length + 1}, (_, index) => index)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[to.length] ?? 0
}

/** The candidates that a mistyped name may have meant, nearest first: at most one edit for each three characters. */
export function closestNames(name: string, candidates: readonly string[]): string[] {
  return candidates
    .map(candidate => ({candidate, distance: editDistance(name, candidate)}))
    .filter(({candidate, distance}) => distance <= Math.max(1, Math.floor(Math.min(name.length, candidate.length) / 3)))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .map(({candidate}) => candidate)
}
