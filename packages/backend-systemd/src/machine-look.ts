import {closeSync, openSync, readFileSync, readSync, statSync} from 'node:fs'
import {join} from 'node:path'
import type {BackendContext} from '@hermes-svc/core'
import {managerAddresses, probeSocket, type SocketState} from './manager-address.js'
import type {UnitScope} from './systemd-facts.js'

/** A socket of a manager as it answers. */
export interface SocketLook {
  readonly scope: UnitScope
  readonly path: string
  /** Whether a manager itself listens there, and no message bus. */
  readonly direct: boolean
  readonly state: SocketState
}

/** Everything that detection reads, gathered without judging. */
export interface MachineLook {
  /** The name of process 1, at most 15 characters; null where it cannot be read. */
  readonly pid1: string | null
  /** sd_booted(3): systemd is the init system here, and not just installed. */
  readonly isBooted: boolean
  /** Whether this is a container; what a host's manager shows of itself in one does not count. */
  readonly isContainer: boolean
  /** Whether / is another directory than process 1 has there; null where that cannot be told. */
  readonly isChroot: boolean | null
  /** Toolbox and distrobox mount so much of the host that its manager shows and answers. */
  readonly isHostMounted: boolean
  /** Version of the Windows Subsystem for Linux; null on other machines. */
  readonly wsl: 1 | 2 | null
  /** What systemctl(1) is: replacements of it are scripts, with no manager behind. */
  readonly systemctl: 'program' | 'script' | 'none'
  readonly sockets: readonly SocketLook[]
}

function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

function isThere(path: string): boolean {
  return attempt(() => statSync(path)) !== null
}

function differ(one: string, other: string): boolean | null {
  return attempt(() => {
    const [a, b] = [statSync(one), statSync(other)]
    return a.dev !== b.dev || a.ino !== b.ino
  })
}

function kindOfProgram(path: string): MachineLook['systemctl'] | null {
  return attempt(() => {
    const descriptor = openSync(path, 'r')
    try {
      const head = Buffer.alloc(2)
      readSync(descriptor, head)
      return head.toString('latin1') === '#!' ? 'script' : 'program'
    } finally {
      closeSync(descriptor)
    }
  })
}

/** WSL 1 has kernels called 4.4.0-19041-Microsoft, WSL 2 5.15.90.1-microsoft-standard-WSL2. */
function wslVersion(release: string): MachineLook['wsl'] {
  if (!/microsoft/i.test(release)) return null
  return release.endsWith('-Microsoft') ? 1 : 2
}

/** Looks at the machine. Never rejects. `root` is another root than `/` in tests. */
export async function lookAtMachine(
  {env, caller}: Pick<BackendContext, 'env' | 'caller'>,
  root = '/',
): Promise<MachineLook> {
  const under = (path: string): string => join(root, path)
  const read = (path: string): string | null => attempt(() => readFileSync(under(path), 'utf8').trimEnd())
  const uid = caller.uid ?? -1
  const sockets = await Promise.all(
    (['system', 'user'] as const).flatMap(scope =>
      managerAddresses(scope, env, uid, root).map(async ({socket: path, direct}) => ({
        scope,
        path,
        direct,
        state: await probeSocket(path),
      })),
    ),
  )
  return {
    pid1: read('/proc/1/comm'),
    isBooted: attempt(() => statSync(under('/run/systemd/system')).isDirectory()) ?? false,
    isContainer: ['/.dockerenv', '/run/.containerenv', '/run/systemd/container'].some(path => isThere(under(path))),
    isChroot: differ(under('/'), under('/proc/1/root')),
    isHostMounted: ['/run/.toolboxenv', '/run/host/run'].some(path => isThere(under(path))),
    wsl: wslVersion(read('/proc/sys/kernel/osrelease') ?? ''),
    systemctl: kindOfProgram(under('/usr/bin/systemctl')) ?? kindOfProgram(under('/bin/systemctl')) ?? 'none',
    sockets,
  }
}
