import {Args} from '@oclif/core'

// oclif would otherwise read a missing argument from standard input.
const ignoreStdin = true

/** One profile, required. */
export const oneProfile = {
  profile: Args.string({description: 'Name of the profile', required: true, ignoreStdin}),
}

/** One profile or more. */
export const someProfiles = {
  profile: Args.string({description: 'Names of profiles', multiple: true, required: true, ignoreStdin}),
}

/** Any number of profiles, or patterns of names. */
export const anyProfiles = {
  profile: Args.string({description: "Names of profiles, or patterns such as 'web-*'", multiple: true, ignoreStdin}),
}

/** Each name once, in the order given. */
export function distinct(profiles: readonly string[] | undefined): string[] {
  return [...new Set(profiles)]
}
