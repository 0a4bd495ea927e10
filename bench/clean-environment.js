import {dirname} from 'node:path'

/** Where Debian has programs; the bench's own Node is added, since a gateway's scripts may ask for one. */
const PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Tells the processes of this run from all others, also those that have left their parent. */
export const RUN_MARK = `HERMES_SVC_BENCH=${String(process.pid)}.${String(Date.now())}`

/**
 * The environment of everything that is measured, made from nothing. Above all it has no NODE_EXTRA_CA_CERTS, which costs
 * each start of Node tens of milliseconds, and no setting of the account that runs the bench.
 */
export function cleanEnvironment(more = {}) {
  const [name, value] = RUN_MARK.split('=')
  return {PATH: [...PATH, dirname(process.execPath)].join(':'), LC_ALL: 'C', [name]: value, ...more}
}
