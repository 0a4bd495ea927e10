/** Every command of ours, as typed: what an unknown one is compared with. A test holds it to the files. */
export const OWN_COMMANDS = [
  'gateway list',
  'gateway status',
  'gateway install',
  'gateway uninstall',
  'gateway register',
  'gateway unregister',
  'gateway start',
  'gateway stop',
  'gateway restart',
  'gateway logs',
  'gateway reconcile',
  'backend list',
  'backend detect',
  'backend verify',
  'doctor',
  'config show',
  'plugins',
  'plugins install',
  'plugins update',
  'plugins uninstall',
  'plugins link',
  'plugins reset',
] as const

/** Whether a command line names one of our commands and does not ask for its help. */
export function isOwnCommand(argv: readonly string[]): boolean {
  const words = argv.join(' ').replace(':', ' ')
  return !argv.includes('--help') && OWN_COMMANDS.some(command => `${words} `.startsWith(`${command} `))
}
