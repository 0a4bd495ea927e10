import {serviceError, type ServiceError, toServiceError} from './errors/service-error.js'

/** What became of one profile of a batch. */
export type Outcome<T> =
  {readonly profile: string; readonly value: T} | {readonly profile: string; readonly error: ServiceError}

/** How many profiles are worked on at a time. */
const AT_A_TIME = 8

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
  const begin = (profile: string): Promise<Outcome<T>> => {
    if (signal?.aborted)
      return Promise.resolve({profile, error: serviceError('HSVC_ABORTED', 'interrupted', {profile})})
    return action(profile).then(
      value => ({profile, value}),
      (thrown: unknown) => ({profile, error: toServiceError(thrown, {profile})}),
    )
  }
  for (const [index, profile] of profiles.entries()) {
    const slot = outcomes[index - AT_A_TIME]
    outcomes.push(slot === undefined ? begin(profile) : slot.then(() => begin(profile)))
  }
  for (const outcome of outcomes) yield await outcome
}
