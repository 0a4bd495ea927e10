/** What `launchctl list` tells of a job that is loaded. */
export interface ListedJob {
  /** null while the job does not run. */
  readonly pid: number | null
  /** How it ended last: the exit code, or -N for signal N; 0 also where that is not told. */
  readonly status: number
}

const HEADER = 'PID\tStatus\tLabel'
const ROW = /^(?:-|(\d+))\t(?:(-?\d+)|-|\?+)\t(.+)$/

/**
 * The jobs of a domain by their labels, from `launchctl list` (launchctl(1)); lines that are no rows are passed over.
 * null without the line of headings. Pure.
 */
export function parseListOutput(text: string): ReadonlyMap<string, ListedJob> | null {
  const [header, ...rows] = text.split('\n')
  if (header !== HEADER) return null
  const jobs = new Map<string, ListedJob>()
  for (const row of rows) {
    const [, pid, status, label] = ROW.exec(row) ?? []
    if (label !== undefined) jobs.set(label, {pid: pid === undefined ? null : Number(pid), status: Number(status ?? 0)})
  }
  return jobs
}
