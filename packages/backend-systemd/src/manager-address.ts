import {statSync} from 'node:fs'
import {createConnection} from 'node:net'
import {isAbsolute, join} from 'node:path'
import type {BackendContext} from '@hermes-svc/core'
import type {BusAddress} from './bus.js'
import type {UnitScope} from './systemd-facts.js'

/** What was found at the path of a socket: `dead` means that nobody listens there any more. */
export type SocketState = 'alive' | 'dead' | 'denied' | 'none'

/** Longer paths of sockets are cut off without an error (unix(7)). Bytes. */
const LONGEST_SOCKET_PATH = 107

/** How long a listener may take to accept. Milliseconds. */
const ACCEPT_MS = 2000

function isOwnedBy(path: string, uid: number): boolean {
  try {
    return statSync(path).uid === uid
  } catch {
    // What we may not look at is somebody else's: root's own XDG_RUNTIME_DIR leaks through su(1) and sudo(8).
    return false
  }
}

/**
 * Directories in which the user's manager may have its sockets: that of XDG_RUNTIME_DIR where it belongs to the account,
 * then the one that pam_systemd(8) makes, which cron(8), su(1) and sudo(8) leave unnamed.
 */
export function runtimeDirectories(env: BackendContext['env'], uid: number, root = '/'): string[] {
  const named = env['XDG_RUNTIME_DIR'] ?? ''
  const standard = join(root, 'run/user', String(uid))
  const own = isAbsolute(named) && named !== standard && isOwnedBy(named, uid) ? [named] : []
  return [...own, standard]
}

/** Where the manager of a scope may be reached, the best way first. A private socket needs no message bus. */
export function managerAddresses(scope: UnitScope, env: BackendContext['env'], uid: number, root = '/'): BusAddress[] {
  if (scope === 'user') {
    return runtimeDirectories(env, uid, root).flatMap(directory => [
      {socket: join(directory, 'systemd/private'), direct: true},
      {socket: join(directory, 'bus'), direct: false},
    ])
  }
  const bus = {socket: join(root, 'run/dbus/system_bus_socket'), direct: false}
  // Process 1 lets only root in by its private socket.
  return uid === 0 ? [{socket: join(root, 'run/systemd/private'), direct: true}, bus] : [bus]
}

function stateOfError({code}: NodeJS.ErrnoException): SocketState {
  if (code === 'EACCES' || code === 'EPERM') return 'denied'
  return code === 'ENOENT' || code === 'ENOTDIR' ? 'none' : 'dead'
}

/** Connects to a socket and hangs up: whether anybody listens there. Never rejects. */
export function probeSocket(path: string): Promise<SocketState> {
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH || path.includes('\0')) return Promise.resolve('none')
  return new Promise(resolve => {
    const socket = createConnection(path)
    const settle = (state: SocketState): void => {
      socket.destroy()
      resolve(state)
    }
    socket.setTimeout(ACCEPT_MS, () => {
      settle('dead')
    })
    socket.once('connect', () => {
      settle('alive')
    })
    socket.once('error', error => {
      settle(stateOfError(error))
    })
  })
}
