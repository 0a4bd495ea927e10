// The programs of System32 in one process, which answers at once: `service-main.js STATE PIPE`. As schtasks asks the service
// of the Task Scheduler, a program asks this one where it is there. It is told NAME and the rest of a command line, and answers
// exit code, output and errors. It writes STATE/service when it is there. Nobody can be asked for a yes.
import {writeFileSync} from 'node:fs'
import {createServer, type Socket} from 'node:net'
import {join} from 'node:path'
import {encodeText} from './code-page.js'
import {splitArguments} from './command-line.js'
import {Machine} from './machine.js'
import {messagesIn} from './messages.js'
import {type AnsweringTool, runProgram} from './run-program.js'

const NUMBER_BYTES = 4

const [, , directory = '', pipe = ''] = process.argv
const machine = new Machine(directory, {staysHere: true})

function number(value: number): Buffer {
  const bytes = Buffer.alloc(NUMBER_BYTES)
  bytes.writeUInt32LE(value)
  return bytes
}

async function answer(socket: Socket, question: string): Promise<void> {
  const caller = new AbortController()
  socket.on('close', () => caller.abort())
  const [, name = '', rest = ''] = /^(\w*)(.*)$/s.exec(question) ?? []
  const args = splitArguments(rest)
  const none = (): Promise<null> => Promise.resolve(null)
  const ending = await runProgram(machine, name as AnsweringTool, args, none, caller.signal)
  const {codePage} = messagesIn(machine.settings.language)
  const texts = [ending.stdout, ending.stderr].map(text => encodeText(text, codePage))
  socket.end(Buffer.concat([number(ending.exitCode), ...texts.map(({length}) => number(length)), ...texts]))
}

const server = createServer(socket => {
  let received = Buffer.alloc(0)
  const hear = (part: Buffer): void => {
    received = Buffer.concat([received, part])
    if (received.length < NUMBER_BYTES || received.length < NUMBER_BYTES + received.readUInt32LE()) return
    socket.off('data', hear)
    // A caller that gave up gets no answer.
    answer(socket, received.subarray(NUMBER_BYTES).toString()).catch(() => socket.destroy())
  }
  socket.on('data', hear)
  socket.on('error', () => socket.destroy())
})
server.listen(pipe, () => {
  writeFileSync(join(directory, 'service'), '')
})
