/** s6-svscan passes over longer names; the staging name `.gateway-NAME.new` has to fit into 255 bytes too. */
export const SLOT_PROFILE_MAX = 242

/** What the name of a slot begins with. */
export const SLOT_PREFIX = 'gateway-'

/** Link to the directory of the definition in force. Replacing it changes every file at once. */
export const CURRENT = 'current'

/** Link to the definition that the process of now, or the last one, was started by. */
export const RUNNING = 'data/running'

/** Where nothing had died yet under this supervisor, the target of that link goes on with this and the pid of the process. */
export const UNHARMED = '/./'

/** Name of the environment file. */
export const ENVIRONMENT = 'environment'

/** Name of the link whose target is the facts: one system call reads it, where a file takes three. */
export const FACTS = 'facts'

/** What the name of a definition's directory begins with. */
export const DEFINITION_PREFIX = 'definition.'

/** Where in the slot each file of a definition shows, as a link. */
export const LINKS: Readonly<Record<string, string>> = {
  run: `${CURRENT}/run`,
  finish: `${CURRENT}/finish`,
  [ENVIRONMENT]: `${CURRENT}/${ENVIRONMENT}`,
  'timeout-kill': `${CURRENT}/timeout-kill`,
  'log/run': `../${CURRENT}/log-run`,
}

/** FIFOs of the skeleton: the one of the service, and the one of its logger. */
export const CONTROL_FIFOS = ['supervise/control', 'log/supervise/control'] as const
