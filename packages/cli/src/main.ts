import {run} from '@oclif/core'
import {canAsk} from './arguments/ask.js'
import {mergeOptionalDependencies, type PackageJson} from './discovery/optional-dependencies.js'
import {examinePlugins} from './discovery/examine-plugins.js'
import {dataDirectory, packageRoot, readPackageJson} from './discovery/installed-packages.js'
import {homeDirectory} from './home-directory.js'
import {claimStdout} from './output/write-stdout.js'
import {isOwnCommand} from './own-command-list.js'
import {ProgramEnd} from './program-end.js'

/** Asks before it runs what may have been meant; it looks at stdin alone to see whether somebody is there. */
const ASKING_PLUGIN = '@oclif/plugin-not-found'

/** Whether output is to be JSON: the flag before any `--`, or the variable that oclif takes for it. */
export function wantsJson(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): boolean {
  const end = argv.indexOf('--')
  const own = end === -1 ? argv : argv.slice(0, end)
  return own.includes('--json') || env['HERMES_SVC_CONTENT_TYPE']?.toLowerCase() === 'json'
}

/**
 * Of what oclif takes for plugins, those that a command line may need: to load the others takes some milliseconds of each command of
 * ours. Backends have nothing for oclif, and are found without it.
 */
function isNeeded(name: string, argv: readonly string[], asks: boolean): boolean {
  // They have hooks for what is installed.
  const [first] = argv
  if (isOwnCommand(argv) && first !== 'plugins' && first?.startsWith('plugins:') !== true) return false
  return asks || name !== ASKING_PLUGIN
}

function hostPackage(argv: readonly string[]): PackageJson {
  const packageJson = mergeOptionalDependencies(readPackageJson(packageRoot) ?? {}, packageRoot)
  const asks = canAsk() && !wantsJson(argv, process.env)
  const needed = Object.entries(packageJson.dependencies ?? {}).filter(([name]) => isNeeded(name, argv, asks))
  return {...packageJson, dependencies: Object.fromEntries(needed)}
}

/** Whether oclif loads what the account installed. For the commands that manage plugins it does not: they have to work when a plugin does not. */
function loadsUserPlugins(argv: readonly string[]): boolean {
  const directory = dataDirectory(process.env, process.platform, homeDirectory(process.env, process.platform))
  return (
    argv[0]?.split(':')[0] !== 'plugins' && examinePlugins(directory, process.geteuid?.() ?? null).usable.length > 0
  )
}

/**
 * Runs the command line and ends the program, whatever timers a plugin left behind. `keepCompiled` is called after a command of ours that
 * went well.
 */
export async function main(argv: string[], keepCompiled: () => void): Promise<void> {
  // oclif asks the account database for the shell otherwise, and fails for a uid without an account, as containers may have.
  process.env['SHELL'] ??= ''
  const root = packageRoot
  const isJson = wantsJson(argv, process.env)
  const isOwn = isOwnCommand(argv)
  const program = new ProgramEnd(argv, isJson)
  program.listen(isOwn)
  program.bearReaders()
  try {
    if (isJson) (await import('./own-commands.js')).assertCommandNamed(argv)
    if (isJson && isOwn) claimStdout()
    const userPlugins = loadsUserPlugins(argv)
    if (isOwn && userPlugins) program.limitStart()
    const loadOptions = {root, pjson: hostPackage(argv), userPlugins}
    await run(argv, loadOptions as unknown as Parameters<typeof run>[1])
    if (isOwn && (process.exitCode ?? 0) === 0) keepCompiled()
  } catch (error) {
    await program.end(error)
  }
  await program.end()
}
