// Run by node.exe: does one thing with the runner of a directory and prints what is seen then, as JSON.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {
  askRunner,
  IF_WANTED,
  launchRunner,
  observeRunner,
  readRunnerFiles,
  runnerCommand,
  writeRestingWanted,
  writeRunnerFiles,
} from '../../packages/runner/dist/index.js'

const [verb, name, word] = process.argv.slice(2)
const root = join(process.env.LOCALAPPDATA, 'runners')
const directory = join(root, name)

async function until(what, condition) {
  const deadline = performance.now() + 20_000
  for (;;) {
    const value = await condition()
    if (value) return value
    if (performance.now() > deadline)
      throw new Error(`not in time: ${what}, ${JSON.stringify(observeRunner(directory))}`)
    await sleep(20)
  }
}

function specOf(argv, changes) {
  return {
    schemaVersion: 1,
    name,
    argv,
    cwd: 'C:\\test',
    restart: {
      delayMs: 50,
      maxDelayMs: 200,
      windowMs: 60_000,
      giveUpAfter: null,
      fatalExitCodes: [78],
      cleanExitCodes: [0],
    },
    stopTimeoutMs: 5000,
    logs: {directory: join(root, `${name}-logs`), files: 3, sizeBytes: 1_000_000},
    socketDirectories: [],
    labels: {},
    ...changes,
  }
}

const verbs = {
  define() {
    const {argv, env = {}, ...changes} = JSON.parse(readFileSync(word, 'utf8'))
    mkdirSync(root, {recursive: true})
    writeRunnerFiles(directory, specOf(argv, changes), env)
  },
  seen: () => ({}),
  launch: () => launchRunner(directory),
  /** Reads the log all the time until the gateway has ended by itself. */
  async flood() {
    await launchRunner(directory)
    const current = join(readRunnerFiles(directory).spec.logs.directory, 'current')
    await until('it has ended', () => {
      try {
        readFileSync(current)
      } catch (error) {
        // Between two files there is none.
        if (error.code !== 'ENOENT') throw error
      }
      return !observeRunner(directory).supervised
    })
  },
  async stop() {
    const {socket} = await until('it can be asked', () => {
      const seen = observeRunner(directory)
      return (seen.socket !== null || !seen.supervised) && seen
    })
    if (socket !== null) await askRunner(socket, 'stop')
    await until('it is down', () => !observeRunner(directory).supervised)
  },
  async race() {
    const [program, ...args] = runnerCommand(directory)
    writeRestingWanted(directory, 'up')
    const launches = Array.from({length: Number(word)}, (_, index) =>
      index % 2 === 0
        ? launchRunner(directory)
        : once(spawn(program, [...args, IF_WANTED], {detached: true, stdio: 'ignore'}), 'spawn'),
    )
    await Promise.all(launches)
    await until('it runs', () => observeRunner(directory).state === 'running')
  },
  async 'if-wanted'() {
    const [program, ...args] = runnerCommand(directory)
    const child = spawn(program, [...args, IF_WANTED], {detached: true, stdio: 'ignore'})
    child.unref()
    await until('it has ended or has the gateway', () => {
      const {runner, state} = observeRunner(directory)
      return child.exitCode !== null || (runner?.pid === child.pid && state === 'running')
    })
    return {exitCode: child.exitCode}
  },
  want() {
    try {
      writeRestingWanted(directory, word)
      return {}
    } catch (error) {
      return {error: error.message}
    }
  },
}

const found = await verbs[verb]()
console.log(JSON.stringify({...observeRunner(directory), ...found}))
process.exit()
