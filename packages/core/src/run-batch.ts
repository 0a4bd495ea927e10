import {serviceError, type ServiceError, toServiceError} from './errors/service-error.js'

/** What became of one profile of a batch. */
export type Outcome<T> =
  {readonly profile: string; readonly value: T} | {readonly profile: string; readonly error: ServiceError}

/** How many profiles are worked on at a time. */
const AT_A_TIME = 8

async function attempt<T>(
  profile: string,
  action: (profile: string) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<Outcome<T>> {
  if (signal?.aborted) return {profile, error: serviceError('HSVC_ABORTED', 'interrupted', {profile})}
  try {
    return {profile, value: await action(profile)}
  } catch (thrown) {
    return {profile, error: toServiceError(thrown, {profile})}
  }
}

/**
 * Does one thing for several profiles, some at a time, going on after failures. Outcomes come in the order asked for,
 * each as soon as those before it are done. What has not begun when the signal aborts, does not begin.
 */
export async function* runBatch<T>(
  profiles: readonly string[],
  action: (profile: string) => Promise<T>,
  signal?: AbortSignal,
): AsyncGenerator<Outcome<T>> {
  const outcomes: Promise<Outcome<T>>[] = []
  for (const [index, profile] of profiles.entries()) {
    const slot = outcomes[index - AT_A_TIME]
    const begin = (): Promise<Outcome<T>> => attempt(profile, action, signal)
    outcomes.push(slot === undefined ? begin() : slot.then(begin))
  }
  for (const outcome of outcomes) yield await outcome
}

/** The same one after the other: the next one begins when its outcome is asked for, so that whoever stops asking stops it. */
export async function* runInTurn<T>(
  profiles: readonly string[],
  action: (profile: string) => Promise<T>,
  signal?: AbortSignal,
): AsyncGenerator<Outcome<T>> {
  for (const profile of profiles) yield await attempt(profile, action, signal)
}
