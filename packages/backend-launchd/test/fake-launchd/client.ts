// The program behind the fake launchctl: `client.js SOCKET launchctl ARGUMENTS…`, or `client.js SOCKET control ORDER VALUES…`.
import {fstatSync, writeSync} from 'node:fs'
import {ask, type Question} from './ask.js'
import type {Answer} from './answer.js'

const [, , socketPath = '', kind, ...rest] = process.argv

function readQuestion(): Question {
  const [order = '', ...values] = rest
  if (kind === 'control') return {kind, order, values}
  // What isatty(3) would say, without loading what Node has for terminals.
  const isTerminal = fstatSync(1).isCharacterDevice()
  return {kind: 'launchctl', argv: rest, cwd: process.cwd(), isTerminal}
}

function writeAll(descriptor: number, text: string): void {
  let bytes = Buffer.from(text)
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}

try {
  const answer = JSON.parse(await ask(socketPath, readQuestion())) as Answer
  writeAll(1, answer.stdout)
  writeAll(2, answer.stderr)
  process.exitCode = answer.code
} catch (error) {
  writeAll(2, `Could not connect to launchd: ${(error as Error).message}\n`)
  process.exitCode = 1
}
