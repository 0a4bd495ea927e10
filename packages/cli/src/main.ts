import {run} from '@oclif/core'
import {mergeOptionalDependencies, type PackageJson} from './discovery/optional-dependencies.js'
import {packageRoot, readPackageJson} from './discovery/installed-packages.js'

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

/** Pipes may still hold what was written when the program ends itself. */
async function flushed(): Promise<void> {
  const done = (stream: NodeJS.WriteStream): Promise<void> =>
    new Promise(resolve => {
      stream.write('', () => resolve())
    })
  await Promise.all([done(process.stdout), done(process.stderr)])
}

/**
 * Runs the command line and ends the program, whatever timers a plugin left behind. Every failure is told once: in
 * JSON on stdout where that was asked for, else on stderr.
 */
export async function main(argv: string[]): Promise<void> {
  const root = packageRoot
  const onIdle = (): void => {
    // Something awaits what can no longer come, such as a plugin's import: Node would end silently, and with code 0.
    void fail(new Error('nothing is left to wait for, and the command has not ended: a plugin may hang'), argv)
  }
  process.once('beforeExit', onIdle)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  try {
    if (wantsJson(argv, process.env)) (await import('./own-commands.js')).assertCommandNamed(argv)
    const loadOptions = {root, pjson: hostPackage(argv)} as unknown as Parameters<typeof run>[1]
    await run(argv, loadOptions)
  } catch (error) {
    await fail(error, argv)
  }
  await flushed()
  process.exit()
}

async function fail(error: unknown, argv: readonly string[]): Promise<never> {
  const {presentFailure} = await import('./present-failure.js')
  process.exitCode = presentFailure(error, argv, wantsJson(argv, process.env))
  await flushed()
  process.exit()
}
