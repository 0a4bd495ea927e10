// The resident process of one fake Mac: `daemon.js DIRECTORY`. It ends, with all its jobs, when its standard input does.
import {rmSync} from 'node:fs'
import {createServer, type Socket} from 'node:net'
import {createInterface} from 'node:readline'
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
  if (order === 'login') await machine.login()
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
  socket.end(JSON.stringify(answered))
}

const server = createServer({allowHalfOpen: true}, socket => {
  socket.on('error', () => socket.destroy())
  // A caller that was killed: half-open, its end would not be noticed.
  socket.on('end', () => socket.destroySoon())
  createInterface({input: socket}).once('line', line => void serve(socket, line))
})

async function end(): Promise<void> {
  server.close()
  await machine.shutDown()
  rmSync(directory, {recursive: true, force: true})
  process.exit(0)
}

process.stdin.on('end', () => void end()).resume()
server.listen(machine.files.socket, () => process.stdout.write('ready\n'))
