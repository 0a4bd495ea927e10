// The program behind the fake wscript.exe: `wscript-main.js STATE //B //Nologo [//E:ENGINE] SCRIPT`.
import {existsSync, readFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {appendJson} from './json-files.js'
import {runJScript} from './jscript.js'
import {Machine} from './machine.js'
import {createScriptHost, Quit} from './script-host.js'
import {runVBScript} from './vbscript.js'

const [, , directory = '', ...args] = process.argv
const machine = new Machine(directory)
const options = args.filter(word => word.startsWith('//')).map(word => word.toLowerCase())
const script = resolve(args.find(word => !word.startsWith('//')) ?? '')
const library = join(machine.environment['SystemRoot'] ?? '', 'System32', 'vbscript.dll')
const onWindow = (what: string): void => machine.flash(what)

function engineOf(): 'vbscript' | 'jscript' {
  const named = options.find(option => option.startsWith('//e:'))?.slice('//e:'.length)
  const engine = named ?? (/\.vbs$/i.test(script) ? 'vbscript' : 'jscript')
  if (engine === 'jscript') return engine
  if (engine !== 'vbscript' || !existsSync(library)) throw new Error(`there is no engine ${engine}`)
  return engine
}

function run(): number {
  const host = createScriptHost({path: script, env: process.env, onWindow})
  try {
    if (!existsSync(script)) throw new Error(`there is no script ${script}`)
    const bytes = readFileSync(script)
    // Other bytes are read by the code page of the machine.
    if (bytes.some(byte => byte > 0x7f)) throw new SyntaxError('expected a script of ASCII')
    const text = bytes.toString('latin1')
    if (engineOf() === 'jscript') runJScript(text, host)
    else runVBScript(text, host)
    return 0
  } catch (error) {
    if (error instanceof Quit) return error.code
    appendJson(machine.files.scriptErrors, `${script}: ${(error as Error).message}`)
    // //B keeps messages from being windows.
    if (!options.includes('//b')) onWindow((error as Error).message)
    return 1
  }
}

process.exitCode = run()
