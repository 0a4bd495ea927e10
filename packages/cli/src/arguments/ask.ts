import type {Readable, Writable} from 'node:stream'

/** Where a question is shown and its answer typed. */
export interface Terminal {
  readonly input: Readable
  readonly output: Writable
}

/** How a question is asked. */
export interface AskOptions {
  readonly signal: AbortSignal
  /** What an empty line, or the end of the input, stands for. Default false. */
  readonly byDefault?: boolean
  /** Default: that of this process. */
  readonly terminal?: Terminal
}

/**
 * Whether somebody is there to answer. NUL of Windows is nobody: for libuv only a device with a console mode is a terminal
 * (uv_guess_handle).
 */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY
}

/** Asks on the terminal; anything but yes is no. Rejects when the signal aborts. */
export async function ask(question: string, {signal, byDefault = false, terminal}: AskOptions): Promise<boolean> {
  const {createInterface} = await import('node:readline/promises')
  const {input, output} = terminal ?? {input: process.stdin, output: process.stderr}
  // Not a terminal for readline: ctrl-C then remains a signal, as everywhere else.
  const lines = createInterface({input, output, terminal: false})
  const ended = new Promise<string>(resolve => lines.once('close', () => resolve('')))
  try {
    const choice = byDefault ? 'Y/n' : 'y/N'
    const answer = (await Promise.race([lines.question(`${question} [${choice}] `, {signal}), ended])).trim()
    return answer === '' ? byDefault : /^y(?:es)?$/i.test(answer)
  } finally {
    lines.close()
  }
}
