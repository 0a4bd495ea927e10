import {Flags} from '@oclif/core'
import {timeoutFlag} from './time-flags.js'

/** The flags that say what a gateway is; install and register share them. */
export const definitionFlags = {
  'command-file': Flags.string({
    description: 'JSON array of strings to run, for shells that swallow --',
    helpValue: 'FILE',
  }),
  env: Flags.string({
    description: 'Environment variable; KEY alone takes the value from the caller',
    helpValue: 'KEY=VALUE',
    multiple: true,
    multipleNonGreedy: true,
  }),
  'env-file': Flags.string({
    // Node looks for a file after --env-file even behind the program's name (nodejs/node#54232), and ends without one.
    aliases: ['environment-file'],
    description: 'File with one KEY=VALUE a line, taken literally; for standard input: --environment-file -',
    helpValue: 'FILE',
  }),
  'no-autostart': Flags.boolean({description: 'Do not bring it back after reboot or login'}),
  'no-start': Flags.boolean({description: 'Define it only; a running one is left alone'}),
  port: Flags.integer({description: 'Port that the gateway listens on', helpValue: 'PORT', min: 1, max: 65_535}),
  timeout: timeoutFlag(),
  user: Flags.string({description: 'Account to run as', helpValue: 'ACCOUNT'}),
}

/** Flags that mean something on Windows only. */
export const windowsFlags = {
  'start-on-login': Flags.boolean({
    description: 'Windows: start it when this account logs in, and do not ask',
    exclusive: ['no-autostart'],
  }),
  'start-now': Flags.boolean({description: 'Windows: start it now as well, and do not ask', exclusive: ['no-start']}),
  'elevated-handoff': Flags.boolean({description: 'Windows: set by the elevated child process', hidden: true}),
}
