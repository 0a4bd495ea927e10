import {spawn} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {writeRunnerFiles} from '../packages/runner/dist/index.js'
import {readMemory} from './process-memory.js'

const MAIN = fileURLToPath(new URL('../packages/runner/dist/main.js', import.meta.url))
/** After that it has nothing left to do that belongs to its start. */
const IDLE_AFTER_MS = 2000

const SPEC = {
  schemaVersion: 1,
  name: 'bench',
  argv: ['/bin/sleep', '1000'],
  cwd: '/',
  restart: {
    delayMs: 1000,
    maxDelayMs: 1000,
    windowMs: 1000,
    giveUpAfter: null,
    fatalExitCodes: [],
    cleanExitCodes: [],
  },
  stopTimeoutMs: 1000,
  labels: {},
}

/** One runner with these flags of Node, until it is idle: its memory in KiB, and milliseconds from launch to a gateway that runs. */
export async function measureIdleRunner(flags) {
  const root = mkdtempSync(join(tmpdir(), 'hermes-svc-bench-'))
  const directory = join(root, 'gateway')
  const places = {
    logs: {directory: join(root, 'logs'), files: 2, sizeBytes: 1e6},
    socketDirectories: [join(root, 'run')],
  }
  writeRunnerFiles(directory, {...SPEC, ...places}, {})
  const started = performance.now()
  const child = spawn(process.execPath, [...flags, MAIN, directory], {
    cwd: '/',
    env: {HERMES_SVC_RUNNER: '1'},
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const gone = new Promise(resolve => child.once('exit', resolve))
  try {
    const reply = await new Promise((resolve, reject) => {
      child.stdio[3].once('data', text => resolve(String(text)))
      child.once('exit', code => reject(new Error(`${flags.join(' ')}: ended with ${code}`)))
    })
    if (!reply.includes('running')) throw new Error(reply)
    const launchMs = performance.now() - started
    await delay(IDLE_AFTER_MS)
    return {...readMemory(child.pid), launchMs}
  } finally {
    child.kill('SIGTERM')
    await gone
    rmSync(root, {recursive: true})
  }
}
