// The resident process of one fake Mac: `daemon.js DIRECTORY`. It ends, with all its jobs, when its standard input does.
import {chmodSync, rmSync} from 'node:fs'
import {createServer, type Socket} from 'node:net'
import {type Answer, refuse, succeed} from './answer.js'
import type {Question} from './ask.js'
import {runLaunchctl} from './launchctl.js'
import {Machine} from './machine.js'
import type {LoginDomain, Session} from './settings.js'
import {appendCall} from './state-files.js'

const HANG_POLL_MS = 10

const directory = process.argv[2] ?? ''
const machine = new Machine(directory)

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

async function obey(order: string, values: readonly string[]): Promise<Answer> {
  const domains = values as readonly LoginDomain[]
  if (order === 'login') machine.login(domains)
  else if (order === 'logout') await machine.logout()
  else if (order === 'reboot') await machine.reboot(values[0] === 'crash' ? 'crash' : 'in order', values[1] === 'login')
  else if (order === 'domains') await machine.setDomains(domains)
  else if (order === 'session') machine.setSession(values[0] as Session)
  else return refuse(64, `expected an order, got ${order}`)
  return succeed()
}

async function answer(question: Question, isGone: () => boolean): Promise<Answer | null> {
  if (question.kind === 'control') return obey(question.order, question.values)
  while (machine.faults.now.hang && !isGone()) await pause(HANG_POLL_MS)
  if (isGone()) return null
  const {argv: args, cwd, isTerminal} = question
  const answered = await runLaunchctl({machine, args, cwd, isTerminal})
  const latencyMs = machine.faults.drawMs('latencyMs')
  if (latencyMs > 0) await pause(latencyMs)
  return answered
}

function plainAnswer(answered: Answer | null): string {
  if (answered === null) return ''
  const {code, stdout, stderr} = answered
  return `${String(code)} ${String(Buffer.byteLength(stdout))}\n${stdout}${stderr}`
}

async function serve(socket: Socket, line: string): Promise<void> {
  const question = JSON.parse(line) as Question
  let answered: Answer | null
  try {
    answered = await answer(question, () => socket.destroyed)
  } catch (error) {
    answered = refuse(70, `the fake launchd failed: ${(error as Error).stack ?? ''}`)
  }
  if (question.kind === 'launchctl') {
    appendCall(machine.files.calls, {argv: question.argv, code: answered?.code ?? null, atMs: Date.now()})
  }
  const isPlain = question.kind === 'launchctl' && question.plain === true
  socket.end(isPlain ? plainAnswer(answered) : JSON.stringify(answered))
}

const server = createServer({allowHalfOpen: true}, socket => {
  socket.on('error', () => socket.destroy())
  // A caller that was killed: half-open, its end would not be noticed.
  socket.on('end', () => socket.destroySoon())
  let text = ''
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part
    if (text.endsWith('\n')) void serve(socket, text)
  })
})

let isEnding = false

async function end(code: number): Promise<void> {
  if (isEnding) return
  isEnding = true
  server.close()
  try {
    await machine.shutDown()
  } finally {
    // What it said when it failed is of use.
    if (code === 0) rmSync(directory, {recursive: true, force: true})
    process.exit(code)
  }
}

process.stdin.on('end', () => void end(0)).resume()
process.on('uncaughtException', error => {
  console.error(error)
  void end(70)
})
server.listen(machine.files.socket, () => {
  // Callers may be of any account; who is asking as root is a setting.
  chmodSync(machine.files.socket, 0o777)
  process.stdout.write('ready\n')
})
