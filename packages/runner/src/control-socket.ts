import {lstatSync, mkdirSync, rmSync} from 'node:fs'
import {connect, createServer, type Server, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** What can be asked of a runner. `reload` takes labels and policy of an equal definition over without a restart. */
export const CONTROL_VERBS = ['status', 'start', 'stop', 'restart', 'reload'] as const

/** One of the verbs. */
export type ControlVerb = (typeof CONTROL_VERBS)[number]

/** The answer: the verb is accepted, or why not. What comes of it shows in the state. */
export type ControlReply = {readonly ok: true} | {readonly ok: false; readonly message: string}

// sun_path has 104 bytes on macOS and 108 on Linux; Node cuts a longer one without a word, and two names could meet.
const LONGEST_PATH = 103
const LONGEST_REQUEST = 4096
const PATIENCE_MS = 5000
// Longer than a client waits: a disk may hold up the runner, and then what was asked meanwhile is still read.
const IDLE_MS = 30_000

/** Makes sure that a directory is there, is this account's and nobody else can look into it; throws otherwise. */
function requirePrivateDirectory(path: string): void {
  mkdirSync(path, {recursive: true, mode: 0o700})
  const stat = lstatSync(path)
  if (!stat.isDirectory()) throw new Error(`${path} is not a directory`)
  if (stat.uid !== process.geteuid?.()) throw new Error(`${path} belongs to another account`)
  if ((stat.mode & 0o077) !== 0) throw new Error(`${path} is open to other accounts`)
}

/** Where the control socket of a runner may be, best first; `digits` is the hash of its directory. */
export function socketCandidates(
  directories: readonly string[],
  digits: string,
  platform: NodeJS.Platform = process.platform,
): string[] {
  if (platform === 'win32') return [`\\\\.\\pipe\\hermes-svc-${digits}`]
  const own = join(tmpdir(), `hermes-svc-${String(process.geteuid?.() ?? 0)}`)
  return [...directories, own].map(directory => join(directory, `${digits}.sock`))
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function serve(socket: Socket, answer: (verb: ControlVerb) => ControlReply): void {
  let request = ''
  socket.setEncoding('utf8')
  socket.setTimeout(IDLE_MS, () => socket.destroy())
  // A client that goes away early is no concern of the runner's.
  socket.on('error', () => undefined)
  socket.on('data', (text: string) => {
    request += text
    const end = request.indexOf('\n')
    if (end === -1 && request.length <= LONGEST_REQUEST) return
    let verb: unknown
    try {
      verb = (JSON.parse(request.slice(0, end)) as {verb?: unknown}).verb
    } catch {
      verb = undefined
    }
    const known = CONTROL_VERBS.find(each => each === verb)
    const reply = known === undefined ? {ok: false, message: 'expected one of the control verbs'} : answer(known)
    socket.end(`${JSON.stringify(reply)}\n`)
  })
}

/** The listening end. */
export interface ControlServer {
  readonly path: string
  close(): void
}

/**
 * Listens at the first candidate that can be had. Only the holder of the directory's claim may call it: an old socket
 * in the place is a dead runner's and is removed. Rejects with the reason of each candidate when there is none.
 */
export async function openControlServer(
  candidates: readonly string[],
  answer: (verb: ControlVerb) => ControlReply,
): Promise<ControlServer> {
  const reasons: string[] = []
  for (const path of candidates) {
    try {
      const pipe = path.startsWith('\\\\')
      if (!pipe) {
        if (Buffer.byteLength(path) > LONGEST_PATH) throw new Error(`${path} is too long for a socket`)
        requirePrivateDirectory(join(path, '..'))
        rmSync(path, {force: true})
      }
      const server = createServer(socket => {
        serve(socket, answer)
      })
      await listen(server, path)
      return {
        path,
        close() {
          server.close()
          if (!pipe) rmSync(path, {force: true})
        },
      }
    } catch (error) {
      reasons.push((error as Error).message)
    }
  }
  throw new Error(`no control socket: ${reasons.join('; ')}`)
}

/** Asks a runner; rejects with the system error (ENOENT, ECONNREFUSED, EACCES) or when it does not answer in time. */
export function askRunner(path: string, verb: ControlVerb, timeoutMs: number = PATIENCE_MS): Promise<ControlReply> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(path)
    socket.setEncoding('utf8')
    socket.setTimeout(timeoutMs, () => {
      socket.destroy(new Error(`the runner did not answer within ${String(timeoutMs)} ms`))
    })
    socket.once('error', reject)
    socket.once('connect', () => socket.write(`${JSON.stringify({verb})}\n`))
    socket.on('data', (part: string) => (text += part))
    socket.once('close', () => {
      try {
        resolve(JSON.parse(text) as ControlReply)
      } catch {
        reject(new Error('the runner closed the connection without an answer'))
      }
    })
  })
}
