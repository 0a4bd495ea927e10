import {homedir} from 'node:os'
import {run} from '@oclif/core'
import {mergeOptionalDependencies, type PackageJson} from './discovery/optional-dependencies.js'
import {examinePlugins} from './discovery/examine-plugins.js'
import {dataDirectory, packageRoot, readPackageJson} from './discovery/installed-packages.js'
import {claimStdout, writeStdout} from './output/write-stdout.js'
import {shortenWarnings} from './process-warnings.js'
import {limitStart} from './start-limit.js'
import {callingPackage, takeStray} from './stray-errors.js'

/** Asks before it runs what may have been meant; it looks at stdin alone to see whether somebody is there. */
const ASKING_PLUGIN = '@oclif/plugin-not-found'

/** Whether output is to be JSON: the flag before any `--`, or the variable that oclif takes for it. */
export function wantsJson(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): boolean {
  const end = argv.indexOf('--')
  const own = end === -1 ? argv : argv.slice(0, end)
  return own.includes('--json') || env['HERMES_SVC_CONTENT_TYPE']?.toLowerCase() === 'json'
}

function hostPackage(argv: readonly string[]): PackageJson {
  const packageJson = mergeOptionalDependencies(readPackageJson(packageRoot) ?? {}, packageRoot)
  const mayAsk = process.stdin.isTTY && process.stdout.isTTY && !wantsJson(argv, process.env)
  if (mayAsk) return packageJson
  const dependencies = Object.entries(packageJson.dependencies ?? {}).filter(([name]) => name !== ASKING_PLUGIN)
  return {...packageJson, dependencies: Object.fromEntries(dependencies)}
}

/** Whether oclif loads what the account installed. For the commands that manage plugins it does not: they have to work when a plugin does not. */
function loadsUserPlugins(argv: readonly string[]): boolean {
  const directory = dataDirectory(process.env, process.platform, homedir())
  return topicOf(argv) !== 'plugins' && examinePlugins(directory, process.geteuid?.() ?? null).isUsable
}

function topicOf(argv: readonly string[]): string {
  return argv[0]?.split(':')[0] ?? ''
}

/** Pipes may still hold what was written when the program ends itself. */
async function flushed(): Promise<void> {
  await Promise.all([
    new Promise<void>(resolve => {
      writeStdout('', resolve)
    }),
    new Promise<void>(resolve => {
      process.stderr.write('', () => resolve())
    }),
  ])
}

const OWN_TOPICS = ['gateway', 'backend', 'config', 'doctor', 'plugins']
/** A second ctrl-C ends the program wherever it is. */
const INTERRUPTED = 130
/** What hooks of plugins may take before a command of ours begins. */
const START_MS = 10_000

/** Tells that something ended the program in the middle of one of our commands. It runs while the program ends, so nothing can be awaited or loaded. */
function tellUnfinished(argv: readonly string[]): void {
  const culprit = callingPackage()
  const message = `${culprit ?? 'a plugin'} ended the program before the command was done`
  const hint = culprit === null ? 'hermes-svc plugins' : `hermes-svc plugins uninstall ${culprit}`
  const error = {code: 'HSVC_INTERNAL', message, hint, exitCode: 1}
  if (wantsJson(argv, process.env)) writeStdout(`${JSON.stringify({schemaVersion: 1, error}, null, 2)}\n`)
  else process.stderr.write(`✗ ${message}. Try: ${hint}\n`)
  process.exitCode = error.exitCode
}

function hanging(message: string): Error {
  const hint = 'hermes-svc plugins shows what is installed; uninstall what hangs'
  // By its fields, as errors are recognised: core need not be loaded for this.
  return Object.assign(new Error(message), {name: 'HermesSvcError', code: 'HSVC_INTERNAL', hint})
}

/**
 * Runs the command line and ends the program, whatever timers a plugin left behind. Every failure is told once: in
 * JSON on stdout where that was asked for, else on stderr.
 */
export async function main(argv: string[]): Promise<void> {
  const root = packageRoot
  const isOwn = OWN_TOPICS.includes(topicOf(argv))
  shortenWarnings()
  let ending = false
  const end = async (error?: unknown): Promise<void> => {
    if (ending) return
    ending = true
    if (error !== undefined) {
      const {presentFailure} = await import('./present-failure.js')
      process.exitCode = presentFailure(error, argv, wantsJson(argv, process.env))
    }
    await flushed()
    process.exit()
  }
  process.on('exit', code => {
    if (isOwn && !ending && code !== INTERRUPTED) tellUnfinished(argv)
  })
  process.once('beforeExit', () => {
    // Something awaits what can no longer come, such as a plugin's import: Node would end silently, and with code 0.
    void end(hanging('nothing is left to wait for, and the command has not ended: a plugin hangs'))
  })
  process.on('uncaughtException', error => {
    if (!takeStray(error)) void end(error)
  })
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Nobody reads any more, or the terminal is gone.
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    })
  }
  try {
    if (wantsJson(argv, process.env)) {
      const {assertCommandNamed, isOwnCommand} = await import('./own-commands.js')
      assertCommandNamed(argv)
      if (isOwnCommand(argv)) claimStdout()
    }
    if (isOwn)
      limitStart(
        START_MS,
        () => void end(hanging(`a plugin kept the command from starting for ${String(START_MS / 1000)} s`)),
      )
    const loadOptions = {root, pjson: hostPackage(argv), userPlugins: loadsUserPlugins(argv)}
    await run(argv, loadOptions as unknown as Parameters<typeof run>[1])
  } catch (error) {
    await end(error)
  }
  await end()
}
