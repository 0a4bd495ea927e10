import {messagesIn} from './messages.js'
import {fail, type Program, print} from './program.js'

/** FACILITY_WIN32 of an HRESULT. */
const WIN32 = 0x8007_0000

/** `net helpmsg NUMBER`, for the numbers that schtasks has words for. */
export const net: Program = ({settings}, [command = '', number = '']) => {
  const words: Readonly<Record<number, string>> = messagesIn(settings.language).failures
  const text = command.toLowerCase() === 'helpmsg' ? words[WIN32 + Number(number)] : undefined
  return text === undefined ? fail(2, `${number} ?\r\n`) : print(`\r\n${text}\r\n\r\n`)
}
