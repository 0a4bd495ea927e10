import {mkdtempSync, rmSync} from 'node:fs'
import {createRequire} from 'node:module'
import {createServer, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {ExecutionContext} from 'ava'

/** A message of D-Bus as the library has it. */
export interface Message {
  readonly type: number
  readonly serial: number
  readonly destination?: string
  readonly path?: string
  readonly interface?: string
  readonly member?: string
  readonly body?: readonly unknown[]
}

interface WireFormat {
  unmarshalMessages(stream: Socket, onMessage: (message: Message) => void, options: object): void
  marshall(message: object): Buffer
}

// The library exports no server that lets a client in; this is what it reads and writes messages with.
const wire = createRequire(import.meta.url)('@homebridge/dbus-native/lib/message.js') as WireFormat

const METHOD_RETURN = 2
const ERROR = 3
const SIGNAL = 4

/** What is at the other end of one connection. */
export type Peer = (stream: Socket) => void

/** A socket where each connection meets this peer. Returns its path. */
export async function listen(t: ExecutionContext, peer: Peer): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'hsvc-bus-'))
  const streams = new Set<Socket>()
  const server = createServer(stream => {
    streams.add(stream.on('error', () => undefined))
    peer(stream)
  })
  t.teardown(() => {
    for (const stream of streams) stream.destroy()
    server.close()
    rmSync(directory, {recursive: true, force: true})
  })
  const path = join(directory, 'private')
  await new Promise<void>(resolve => server.listen(path, resolve))
  return path
}

/** Calls back with every line that comes until it answers false. */
function readLines(stream: Socket, onLine: (line: string) => boolean): void {
  let line = ''
  const read = (): void => {
    for (let byte: Buffer | null; (byte = stream.read(1) as Buffer | null) !== null;) {
      line += byte.toString('latin1')
      if (!line.endsWith('\r\n')) continue
      const goesOn = onLine(line.replaceAll(/[\0\r\n]/g, ''))
      line = ''
      if (goesOn) continue
      stream.off('readable', read)
      return
    }
  }
  stream.on('readable', read)
}

/** A signal as a manager sends it to whoever is connected, whether he wants it or not. */
export function signal(serial: number, text: string): Buffer {
  const names = {path: '/org/freedesktop/systemd1', interface: 'org.freedesktop.systemd1.Manager', member: 'Told'}
  return wire.marshall({type: SIGNAL, serial, ...names, signature: 's', body: [text]})
}

/** Lets everybody in, and hands over each message with ways to answer it. `greeting` comes in one piece with being let in. */
export function admit(onMessage: (message: Message, answers: Answers) => void, greeting: readonly Buffer[] = []): Peer {
  return stream => {
    readLines(stream, line => {
      const welcome = Buffer.from('OK 0123456789abcdef0123456789abcdef\r\n')
      if (line.startsWith('AUTH ')) stream.write(Buffer.concat([welcome, ...greeting]))
      if (line !== 'BEGIN') return true
      let serial = greeting.length
      const send = (to: Message, rest: object): void => {
        serial += 1
        stream.write(wire.marshall({serial, replySerial: to.serial, ...rest}))
      }
      wire.unmarshalMessages(
        stream,
        message => {
          onMessage(message, {
            values: (signature, ...body) => send(message, {type: METHOD_RETURN, signature, body}),
            hangUp: () => stream.destroy(),
            nothing: () => send(message, {type: METHOD_RETURN}),
            error: (errorName, text) => send(message, {type: ERROR, errorName, signature: 's', body: [text]}),
          })
        },
        {},
      )
      return false
    })
  }
}

/** Ways to answer a message. */
export interface Answers {
  values(signature: string, ...body: readonly unknown[]): void
  nothing(): void
  hangUp(): void
  error(errorName: string, text: string): void
}
