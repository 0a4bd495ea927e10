import type {Readable} from 'node:stream'
import {LineSplitter} from './line-splitter.js'
import type {RotatingLog} from './rotating-log.js'

/** Takes a stream's lines into the log, and lets the writer wait while the log cannot be written. */
export class OutputPump {
  /** Resolves when the last writer has closed its end. */
  readonly done: Promise<void>
  readonly #stream: Readable
  readonly #log: RotatingLog
  readonly #splitter = new LineSplitter()

  constructor(stream: Readable, log: RotatingLog) {
    this.#stream = stream
    this.#log = log
    stream.on('data', (chunk: Buffer) => {
      log.append(this.#splitter.push(chunk))
      if (log.blocked) stream.pause()
    })
    this.done = new Promise(resolve => {
      stream.once('error', resolve)
      stream.once('close', resolve)
    }).then(() => {
      this.cut()
    })
  }

  /** Goes on reading. */
  resume(): void {
    this.#stream.resume()
  }

  /** Takes what came without a newline as a line. */
  cut(): void {
    this.#log.append(this.#splitter.end())
  }
}
