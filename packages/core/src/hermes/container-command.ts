import {readdirSync, readFileSync} from 'node:fs'
import {basename, join} from 'node:path'

/** The script of Hermes' image that starts the container's command; what follows it are arguments of `hermes`. */
const WRAPPER = 'main-wrapper.sh'
/** The image's entrypoint where it is not process 1. */
const DISPATCH = 'entrypoint-dispatch.sh'

function argvOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\0')
      .filter(word => word !== '')
  } catch {
    // Gone meanwhile, or not for us to read.
    return []
  }
}

/**
 * The command line that a container of Hermes' image was started with; empty where there is none. s6-overlay does not run it
 * as process 1, so all processes of the container are looked at, process 1 first.
 */
export function readContainerCommand(proc = '/proc'): string[] {
  let pids: number[] = []
  try {
    pids = readdirSync(proc).map(Number).filter(Number.isInteger)
  } catch {
    // No /proc: no container of Linux.
  }
  const all = pids.sort((a, b) => a - b).map(pid => argvOf(join(proc, String(pid), 'cmdline')))
  return all.find(argv => argv.some(word => word.includes(WRAPPER))) ?? all[0] ?? []
}

/** What a container's command line asks of `hermes`: the arguments after the image's own scripts. Pure. */
export function hermesArguments(argv: readonly string[]): string[] {
  const wrapper = argv.findIndex(word => word.endsWith(WRAPPER))
  const args = wrapper === -1 ? [...argv] : argv.slice(wrapper + 1)
  if (wrapper === -1 && basename(args[0] ?? '') === 'init') args.shift()
  if (args[0]?.endsWith(DISPATCH) === true) args.shift()
  if (basename(args[0] ?? '') === 'hermes') args.shift()
  return args
}

/** Whether the container shows the dashboard: another one on the same volume runs the gateways. Pure. */
export function isDashboard(argv: readonly string[]): boolean {
  return hermesArguments(argv)[0] === 'dashboard'
}

/**
 * Whether the container was made to run the gateway as its command, as before it had a supervisor: then the root profile's
 * gateway is wanted up where nothing else was noted. Pure.
 */
export function isGatewayRun(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): boolean {
  const args = hermesArguments(argv)
  const optsOut = ['1', 'true', 'yes'].includes((env['HERMES_GATEWAY_NO_SUPERVISE'] ?? '').toLowerCase())
  return !optsOut && !args.includes('--no-supervise') && args[0] === 'gateway' && args[1] === 'run'
}
