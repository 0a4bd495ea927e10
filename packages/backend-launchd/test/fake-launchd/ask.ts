import {connect} from 'node:net'

/** What is sent to the fake launchd: a call of launchctl, or an order of the test. */
export type Question =
  | {
      readonly kind: 'launchctl'
      readonly argv: readonly string[]
      readonly cwd: string
      readonly isTerminal: boolean
      /** Whether the answer is to be of a line `CODE BYTES`, so many bytes of output, and the rest; JSON otherwise. */
      readonly plain?: boolean
    }
  | {readonly kind: 'control'; readonly order: string; readonly values: readonly string[]}

/** Sends one question and gives the whole answer; rejects where nobody listens, or the listener goes away. */
export function ask(socketPath: string, question: Question): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect({path: socketPath, allowHalfOpen: true})
    socket.setEncoding('utf8')
    socket.on('data', (part: string) => (text += part))
    socket.on('error', reject)
    socket.on('end', () => {
      socket.end()
      if (text === '') reject(new Error('closed without an answer'))
      else resolve(text)
    })
    socket.write(`${JSON.stringify(question)}\n`)
  })
}
