// The same as keeper.sh, where there is no shell.
import {setTimeout as delay} from 'node:timers/promises'
import {keepRun} from './keep-run.js'

const [, , run = '', seconds = '0', program = '', ...args] = process.argv

await delay(Number(seconds) * 1000)
keepRun(run, [program, ...args])
