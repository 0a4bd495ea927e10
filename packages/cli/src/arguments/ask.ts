/** Asks on the terminal; anything but yes is no, so is the end of the input. Rejects when the signal aborts. */
export async function ask(question: string, signal: AbortSignal): Promise<boolean> {
  const {createInterface} = await import('node:readline/promises')
  // Not a terminal for readline: ctrl-C then remains a signal, as everywhere else.
  const lines = createInterface({input: process.stdin, output: process.stderr, terminal: false})
  const ended = new Promise<string>(resolve => lines.once('close', () => resolve('')))
  try {
    const answer = await Promise.race([lines.question(`${question} [y/N] `, {signal}), ended])
    return /^y(?:es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}
