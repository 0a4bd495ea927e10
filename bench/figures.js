/** The value below which a share of the samples lies, by nearest rank. */
export function percentile(samples, share) {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}

/** The middle value; of an even number the mean of the two. */
export function median(samples) {
  const sorted = samples.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2
}

/** The ratio of two that took turns, as the median of the ratios of each pair: what slows both does not count. */
export function pairedRatio(samples, others) {
  return median(samples.map((sample, at) => sample / others[at]))
}

function round(value) {
  return Number(value.toPrecision(4))
}

/** What a table says of a row of samples; `floor` is the row that it took turns with. */
export function summarise(samples, floor) {
  return {
    min: round(Math.min(...samples)),
    median: round(median(samples)),
    p95: round(percentile(samples, 0.95)),
    ...(floor ? {ratio: round(pairedRatio(samples, floor))} : {}),
  }
}

/** The straight line through points by least squares, and how much of their spread it explains. */
export function fitLine(points) {
  const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length
  const meanX = mean(points.map(([x]) => x))
  const meanY = mean(points.map(([, y]) => y))
  const spread = (at, middle) => points.reduce((sum, point) => sum + (point[at] - middle) ** 2, 0)
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread(0, meanX)
  const intercept = meanY - slope * meanX
  const residue = points.reduce((sum, [x, y]) => sum + (y - intercept - slope * x) ** 2, 0)
  return {slope: round(slope), intercept: round(intercept), rSquared: round(1 - residue / spread(1, meanY))}
}
