import {serviceError, type ServiceError, toServiceError} from './errors/service-error.js'

/** What became of one profile of a batch. */
export type Outcome<T> =
  {readonly profile: string; readonly value: T} | {readonly profile: string; readonly error: ServiceError}

/**
 * Does something for one profile. `onWaiting` may be called when nothing is left but to wait for what was begun, such as a gateway
 * that has to stay up for a while, or to end: the next profile does not wait for that too.
 */
export type BatchAction<T> = (profile: string, onWaiting: () => void) => Promise<T>

/** How many profiles are worked on at a time. */
const AT_A_TIME = 8
/** How many have begun and not ended: each keeps a lock and asks for its state again and again. */
const UNDER_WAY = 128

/** A number of places, each for one holder at a time. */
class Places {
  #free: number
  readonly #queue: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves when there is a place, in the order asked, with the function that gives it back, which may be called again. */
  async take(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>(resolve => this.#queue.push(resolve))
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      const next = this.#queue.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}

async function attempt<T>(
  profile: string,
  action: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<Outcome<T>> {
  if (signal?.aborted) return {profile, error: serviceError('HSVC_ABORTED', 'interrupted', {profile})}
  try {
    return {profile, value: await action()}
  } catch (thrown) {
    return {profile, error: toServiceError(thrown, {profile})}
  }
}

/**
 * Does one thing for several profiles, eight at a time and up to 128 with those that only wait, going on after failures. Outcomes come in the order asked for,
 * each as soon as those before it are done. What has not begun when the signal aborts, does not begin.
 */
export async function* runBatch<T>(
  profiles: readonly string[],
  action: BatchAction<T>,
  signal?: AbortSignal,
): AsyncGenerator<Outcome<T>> {
  const [underWay, atWork] = [new Places(UNDER_WAY), new Places(AT_A_TIME)]
  const one = async (profile: string): Promise<Outcome<T>> => {
    const end = await underWay.take()
    const wait = await atWork.take()
    const outcome = await attempt(profile, () => action(profile, wait), signal)
    wait()
    end()
    return outcome
  }
  const outcomes = profiles.map(one)
  for (const outcome of outcomes) yield await outcome
}

/** The same one after the other: the next one begins when its outcome is asked for, so that whoever stops asking stops it. */
export async function* runInTurn<T>(
  profiles: readonly string[],
  action: (profile: string) => Promise<T>,
  signal?: AbortSignal,
): AsyncGenerator<Outcome<T>> {
  for (const profile of profiles) yield await attempt(profile, () => action(profile), signal)
}
