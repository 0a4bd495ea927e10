import {systemClock} from '@hermes-svc/core'
import {Flags} from '@oclif/core'
import {parseSince} from './time-flags.js'

/** The flags that say which lines of a log are wanted. */
export const logFlags = {
  follow: Flags.boolean({char: 'f', description: 'Go on with what is written from now on, until interrupted'}),
  lines: Flags.integer({
    char: 'n',
    description: 'How many lines from the end; default 100, or all of them with --since',
    helpValue: 'COUNT',
    min: 0,
  }),
  since: Flags.custom<Date>({
    description: 'Only lines since then: 10m, or a date in ISO 8601',
    helpValue: 'TIME',
    parse: input => Promise.resolve(parseSince(input, systemClock.now())),
  })(),
}
