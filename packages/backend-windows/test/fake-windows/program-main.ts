// The program behind most of System32: `program-main.js NAME STATE ARGUMENTS…`.
import {readSync} from 'node:fs'
import {Machine} from './machine.js'
import {messagesIn} from './messages.js'
import {type AnsweringTool, runProgram} from './run-program.js'
import {writeOutput} from './write-output.js'

const [, , name, directory = '', ...args] = process.argv
const machine = new Machine(directory)
const {codePage} = messagesIn(machine.settings.language)

/** One line, or null at the end. It waits, as long as nobody writes or closes. */
function readLine(): string | null {
  let line = ''
  const byte = Buffer.alloc(1)
  for (;;) {
    try {
      if (readSync(0, byte) === 0) return line === '' ? null : line
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EOF') return line === '' ? null : line
      throw error
    }
    if (byte[0] === 0x0a) return line
    line += byte.toString('latin1')
  }
}

const {stdout, stderr, exitCode} = await runProgram(machine, name as AnsweringTool, args, async question => {
  await writeOutput(1, question, codePage)
  return readLine()
})
await writeOutput(1, stdout, codePage)
await writeOutput(2, stderr, codePage)
process.exitCode = exitCode
