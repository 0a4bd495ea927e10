import {createConnection, type Socket} from 'node:net'
import {withoutSignals} from './without-signals.js'

/** A place where a manager can be spoken to. */
export interface BusAddress {
  /** Path of the socket. */
  readonly socket: string
  /** Whether the manager itself listens there; otherwise it is a message bus that the manager is on. */
  readonly direct: boolean
}

/** A method call of D-Bus. */
export interface MethodCall {
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly signature?: string
  readonly body?: readonly unknown[]
}

/** What was answered instead of a result: the name that D-Bus gives to the error, and the text of the manager. */
export class BusError extends Error {
  /** Such as `org.freedesktop.systemd1.NoSuchUnit`; null when there was no answer at all. */
  readonly busName: string | null

  constructor(busName: string | null, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : {cause})
    this.busName = busName
  }
}

interface Reply {
  readonly name?: string
  readonly message?: string
}

/** The part of the library's client that is used here; its own types leave it out. */
interface Client {
  readonly connection: {readonly stream: Socket; on(event: string, listener: (error?: Error) => void): void}
  invoke(message: unknown, callback: (error: Reply | null, ...values: unknown[]) => void): void
}

interface Library {
  createClient(options: {stream: Socket; direct: boolean; authMethods: readonly string[]}): Client
}

/** How long the manager may take for one answer. It reads every unit anew for some. Milliseconds. */
const ANSWER_MS = 30_000

const BEGIN = 'BEGIN\r\n'

const DESTINATION = 'org.freedesktop.systemd1'

/**
 * Connects, and has the library say BEGIN together with AUTH, as systemd's own tools do. A manager that reads BEGIN and the
 * first message at once would leave that message until another one comes.
 */
function connect(path: string): Socket {
  const stream = createConnection(path)
  const write: (data: string | Uint8Array) => boolean = stream.write.bind(stream)
  const whileHandshaking = (data: string | Uint8Array): boolean => {
    if (data === BEGIN) {
      stream.write = write
      return true
    }
    return write(typeof data === 'string' && data.startsWith('AUTH ') ? `${data}${BEGIN}` : data)
  }
  stream.write = whileHandshaking
  return stream
}

/**
 * One connection to a manager, by which any number of questions can be under way. It keeps the process alive only while
 * one is.
 */
export class Bus {
  readonly #client: Client
  readonly #waiting = new Set<(error: BusError) => void>()
  #end: BusError | null = null

  private constructor(client: Client) {
    this.#client = client
    const {connection} = client
    const end = (reason: string) => (error?: Error) => {
      this.#end ??= new BusError(null, error?.message ?? reason, error)
      for (const reject of [...this.#waiting]) reject(this.#end)
    }
    connection.on('error', end('the connection failed'))
    connection.on('end', end('the manager ended the connection'))
    connection.stream.on('close', end('the connection was closed'))
    connection.stream.unref()
    // Managers tell everybody of their jobs. What came in one piece with the end of the handshake would lie unread until more
    // comes, because the library's reader is put in too late to be told of it.
    connection.on('connect', () => {
      withoutSignals(connection.stream)
      setImmediate(() => connection.stream.emit('readable'))
    })
  }

  /** Begins to connect; what goes wrong with that shows in the first call. The library is imported here: it takes 20 ms. */
  static async open({socket, direct}: BusAddress): Promise<Bus> {
    const library = (await import('@homebridge/dbus-native')) as unknown as {default: Library}
    return new Bus(library.default.createClient({stream: connect(socket), direct, authMethods: ['EXTERNAL']}))
  }

  /** Whether no more can be asked by this connection. */
  get isOver(): boolean {
    return this.#end !== null
  }

  /** Asks, and resolves to the values of the answer. Rejects with BusError. */
  async call(call: MethodCall): Promise<unknown[]> {
    if (this.#end) throw this.#end
    const {stream} = this.#client.connection
    let settle: ((error: BusError) => void) | undefined
    let timer: NodeJS.Timeout | undefined
    stream.ref()
    // Calls that are made together leave in one write.
    stream.cork()
    process.nextTick(() => {
      stream.uncork()
    })
    try {
      return await new Promise<unknown[]>((resolve, reject) => {
        settle = reject
        this.#waiting.add(reject)
        timer = setTimeout(() => {
          reject(new BusError(null, `${call.member} was not answered within ${String(ANSWER_MS / 1000)} s`))
        }, ANSWER_MS)
        this.#client.invoke({...call, destination: DESTINATION}, (error, ...values) => {
          if (error) reject(new BusError(error.name ?? null, error.message || 'no reason given', error))
          else resolve(values)
        })
      })
    } finally {
      clearTimeout(timer)
      if (settle) this.#waiting.delete(settle)
      if (this.#waiting.size === 0) stream.unref()
    }
  }

  /** Ends the connection, and with it what is under way. */
  close(): void {
    this.#client.connection.stream.destroy()
  }
}
