import {mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import {createConnection, createServer, type Server, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** The header field of a message that names a method: code 3, of the type string, little-endian. */
const MEMBER = /\x03\x01s\0[\s\S]\0\0\0(\w+)\0/g // eslint-disable-line no-control-regex

/** A private socket that passes everything on to that of a manager, and knows what was called by it. */
export class WatchedSocket {
  /** To be named by XDG_RUNTIME_DIR. */
  readonly runtimeDirectory = mkdtempSync(join(tmpdir(), 'hsvc-watched-'))
  readonly #target: string
  readonly #server: Server
  readonly #streams = new Set<Socket>()
  readonly #said: string[] = []

  constructor(target: string) {
    this.#target = target
    this.#server = createServer(client => {
      this.#relay(client)
    })
  }

  async listen(): Promise<this> {
    mkdirSync(join(this.runtimeDirectory, 'systemd'))
    await new Promise<void>(resolve => this.#server.listen(join(this.runtimeDirectory, 'systemd', 'private'), resolve))
    return this
  }

  /** Names of the methods that were called, connection by connection. One that only looked whether somebody listens has none. */
  get calls(): string[][] {
    return this.#said.filter(said => said !== '').map(said => [...said.matchAll(MEMBER)].map(([, name = '']) => name))
  }

  /** How often a method was called. */
  count(member: string): number {
    return this.calls.flat().filter(name => name === member).length
  }

  forgetCalls(): void {
    this.#said.fill('')
  }

  close(): void {
    for (const stream of this.#streams) stream.destroy()
    this.#server.close()
    rmSync(this.runtimeDirectory, {recursive: true, force: true})
  }

  #relay(client: Socket): void {
    const peer = createConnection(this.#target)
    const index = this.#said.push('') - 1
    client.on('data', (bytes: Buffer) => (this.#said[index] = (this.#said[index] ?? '') + bytes.toString('latin1')))
    for (const [stream, other] of [
      [client, peer],
      [peer, client],
    ] as const) {
      this.#streams.add(stream)
      stream.on('error', () => undefined).on('close', () => other.destroy())
      stream.pipe(other)
    }
  }
}
