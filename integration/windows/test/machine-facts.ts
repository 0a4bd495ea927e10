import {spawn} from 'node:child_process'
import {existsSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {listWindowsProcesses} from '@hermes-svc/core/windows-processes'
import {EXTENSIONS, renderLauncher, type ScriptEngine} from '../../../packages/backend-windows/dist/launcher.js'
import {eventually} from '../../testing/dist/eventually.js'
import type {Fact} from './fact.js'
import type {RealWindows} from './real-windows.js'
import {Witness} from './throw-away.js'

const EXIT_CODE = 75
/** UV_FS_O_EXLOCK of libuv: on Windows a file that nobody else can open. */
const EXCLUSIVE = 0x10000000

async function launch({system, run}: RealWindows, engine: ScriptEngine): Promise<string> {
  const witness = new Witness()
  try {
    const script = join(witness.directory, `launcher${EXTENSIONS[engine]}`)
    const program = [process.execPath, '-e', `process.exit(${String(EXIT_CODE)})`]
    const text = renderLauncher(engine, {title: 'A probe.', program, required: [process.execPath], waits: true})
    writeFileSync(script, text)
    const language = engine === 'jscript' ? ['//E:JScript'] : []
    const {code} = await run(join(system, 'wscript.exe'), '//B', '//Nologo', ...language, script)
    return `exit code ${String(code)}`
  } finally {
    await witness.remove()
  }
}

function launcherFact(engine: ScriptEngine, isReliedOn: boolean): Fact {
  return {
    question: `wscript with a launcher in ${engine} whose program ends with ${String(EXIT_CODE)}`,
    expected: `exit code ${String(EXIT_CODE)}`,
    isReliedOn,
    exempt: ({engines}) => (engines.includes(engine) ? null : `needs ${engine}`),
    ask: ({windows}) => launch(windows, engine),
  }
}

/** Runs a script of Node; gives what it prints. */
async function node({run}: RealWindows, script: string, ...args: string[]): Promise<string> {
  return (await run(process.execPath, '-e', script, ...args)).stdout.toString().trim()
}

/** What the backend, or its documentation, takes for granted of Windows besides tasks. */
export const MACHINE_FACTS: readonly Fact[] = [
  {
    question: 'VBScript',
    expected: 'there',
    accepts: /^gone$/,
    isReliedOn: false,
    ask: ({windows}) => Promise.resolve(windows.engines.includes('vbscript') ? 'there' : 'gone'),
  },
  launcherFact('vbscript', true),
  launcherFact('jscript', true),
  {
    question: '`conhost --headless` with a program that ends with 75',
    expected: `exit code ${String(EXIT_CODE)}`,
    isReliedOn: false,
    async ask({windows}) {
      const script = `process.exit(${String(EXIT_CODE)})`
      const {code} = await windows.run('conhost.exe', '--headless', process.execPath, '-e', script)
      return `exit code ${String(code)}`
    },
  },
  {
    question: 'isTTY of a standard input that is NUL',
    expected: 'undefined',
    isReliedOn: true,
    ask: ({windows}) => node(windows, 'console.log(String(process.stdin.isTTY))'),
  },
  {
    question: 'opening a file that another process holds exclusively, and after that process was killed',
    expected: 'EBUSY, then free',
    isReliedOn: true,
    async ask() {
      const witness = new Witness()
      const open = `require('node:fs').openSync(process.argv[1], require('node:fs').constants.O_RDWR | require('node:fs').constants.O_CREAT | ${String(EXCLUSIVE)})`
      const attempt = `try { ${open}; console.log('free') } catch (error) { console.log(error.code) }`
      const file = join(witness.directory, 'lock')
      const ask = async (): Promise<string> => {
        const child = spawn(process.execPath, ['-e', attempt, file], {windowsHide: true})
        let text = ''
        for await (const part of child.stdout) text += String(part)
        return text.trim()
      }
      try {
        const holder = spawn(process.execPath, ['-e', `${open}; setInterval(() => {}, 1000)`, file], {stdio: 'ignore'})
        await eventually('the file is there', () => existsSync(file))
        const held = await ask()
        holder.kill()
        const free = await eventually('it is free', async () => (await ask()) === 'free' && 'free')
        return `${held}, then ${free}`
      } finally {
        await witness.remove()
      }
    },
  },
  {
    question: 'a child that is not detached, when its parent is killed',
    expected: 'ends',
    isReliedOn: true,
    async ask() {
      const witness = new Witness()
      try {
        const start = 'require("node:child_process").spawn(process.argv[1], process.argv.slice(2), {stdio: "ignore"})'
        const script = `${start}; setInterval(() => {}, 1000)`
        const parent = spawn(process.execPath, ['-e', script, ...witness.argv], {stdio: 'ignore', windowsHide: true})
        await witness.started()
        parent.kill()
        await eventually('it has ended', () => witness.alive().length === 0)
        return 'ends'
      } finally {
        await witness.remove()
      }
    },
  },
  {
    question: 'what lists processes with the times of their creation',
    expected: 'wmic',
    accepts: /^PowerShell$/,
    isReliedOn: true,
    async ask({windows}) {
      const wmic = join(windows.system, 'wbem', 'wmic.exe')
      if (existsSync(wmic)) {
        const {stdout} = await windows.run(wmic, 'process', 'get', 'CreationDate,ProcessId')
        if (stdout.toString('latin1').replaceAll('\0', '').includes(String(process.pid))) return 'wmic'
      }
      const powershell = join(windows.system, 'WindowsPowerShell', 'v1.0', 'powershell.exe')
      const query = '(Get-CimInstance Win32_Process).ProcessId'
      const {stdout} = await windows.run(powershell, '-NoProfile', '-NonInteractive', '-Command', query)
      return stdout.includes(String(process.pid)) ? 'PowerShell' : 'nothing'
    },
  },
  {
    question: 'a list of processes with the times of their creation, from wmic or PowerShell',
    expected: 'this one, made within a second of its start',
    isReliedOn: true,
    async ask() {
      const own = (await listWindowsProcesses()).find(({pid}) => pid === process.pid)
      if (own === undefined) return 'not this one'
      const aheadMs = performance.timeOrigin - own.createdAtMs
      return Math.abs(aheadMs) < 1000 ? 'this one, made within a second of its start' : `${String(aheadMs)} ms before`
    },
  },
  {
    question: '`taskkill /T /F` of a process that is not there',
    expected: '128',
    isReliedOn: false,
    ask: async ({windows}) => String((await windows.run('taskkill.exe', '/PID', '4294967292', '/T', '/F')).code),
  },
  {
    question: 'the Startup folder of the account',
    expected: 'there',
    isReliedOn: true,
    ask: ({windows}) => Promise.resolve(existsSync(windows.startup) ? 'there' : `not at ${windows.startup}`),
  },
  {
    question: 'accounts besides this one, SYSTEM and administrators that may read %LOCALAPPDATA%',
    expected: 'none',
    isReliedOn: false,
    async ask({windows}) {
      const {LOCALAPPDATA = '', USERNAME = ''} = process.env
      const {stdout} = await windows.run('icacls.exe', LOCALAPPDATA)
      const text = stdout.toString('latin1').replace(LOCALAPPDATA, '')
      const accounts = [...text.matchAll(/^\s*(\S.*?):(?:\(|$)/gm)].map(match => match[1] ?? '')
      const isExpected = (name: string): boolean => /SYSTEM|Administra/i.test(name) || name.endsWith(`\\${USERNAME}`)
      const others = accounts.map(name => name.trim()).filter(name => !isExpected(name))
      return others.length === 0 ? 'none' : others.join(', ')
    },
  },
]
