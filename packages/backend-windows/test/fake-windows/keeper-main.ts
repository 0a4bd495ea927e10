// The same as keeper.sh, where there is no shell.
import {spawn} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'

const [, , run = '', seconds = '0', program = '', ...args] = process.argv

await delay(Number(seconds) * 1000)
const child = spawn(program, args, {stdio: 'ignore', windowsHide: true})
child.on('error', () => {
  writeFileSync(join(run, 'exit'), '127\n')
})
child.on('exit', code => {
  writeFileSync(join(run, 'exit'), `${String(code ?? 1)}\n`)
})
if (child.pid !== undefined) writeFileSync(join(run, 'pid'), `${String(child.pid)}\n`)
