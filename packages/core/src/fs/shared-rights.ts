/** Does a piece of synchronous file work, for instance with another account's rights. */
export type Run = <T>(work: () => T) => T

interface Piece {
  readonly work: () => void
  readonly refuse: (error: unknown) => void
}

/** What waits for its turn, of each way to run that takes long to begin and to end. */
const waiting = new WeakMap<Run, Piece[]>()

/** Has work that is asked for by `soon` share one use of a way to run. */
export function shareable(run: Run): Run {
  waiting.set(run, [])
  return run
}

/**
 * Runs a piece of work: at once, or, where the way to run is shareable, before the program waits again, together with what others
 * ask for until then and in the order asked. Rejects with what it throws; others are not touched by that.
 */
export async function soon<T>(run: Run, work: () => T): Promise<T> {
  const pieces = waiting.get(run)
  if (pieces === undefined) return run(work)
  return await new Promise<T>((resolve, reject) => {
    pieces.push({work: () => attempt(work, resolve, reject), refuse: reject})
    if (pieces.length === 1) setImmediate(() => doAll(run, pieces))
  })
}

function attempt<T>(work: () => T, resolve: (value: T) => void, reject: (error: unknown) => void): void {
  try {
    resolve(work())
  } catch (error) {
    reject(error)
  }
}

function doAll(run: Run, pieces: Piece[]): void {
  const batch = pieces.splice(0)
  try {
    run(() => {
      for (const {work} of batch) work()
    })
  } catch (error) {
    // The rights could not be had, so nothing was done; what was done already is settled.
    for (const {refuse} of batch) refuse(error)
  }
}
