import {fail, type Program, print} from './program.js'
import {accountOf} from './settings.js'

/** `whoami [/USER /FO CSV|LIST [/NH]]`. */
export const whoami: Program = ({settings}, args) => {
  const account = accountOf(settings).toLowerCase()
  const [first, ...rest] = args.map(word => word.toUpperCase())
  if (first === undefined) return print(`${account}\r\n`)
  const format = rest[rest.indexOf('/FO') + 1]
  const isWrong = first !== '/USER' || rest.some(word => !['/FO', 'CSV', 'LIST', '/NH'].includes(word))
  if (isWrong || format === undefined) return fail(1, 'ERROR: Invalid argument/option.\r\n')
  if (format === 'LIST') return print(`User Name: ${account}\r\nSID:       ${settings.sid}\r\n`)
  const row = `"${account}","${settings.sid}"\r\n`
  return print(rest.includes('/NH') ? row : `"User Name","SID"\r\n${row}`)
}
