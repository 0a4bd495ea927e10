import {accessSync, constants, statSync} from 'node:fs'
import {delimiter, isAbsolute, join} from 'node:path'
import {serviceError} from './errors/service-error.js'

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Endings of what Windows can be made to run, in its own order. Others in PATHEXT are documents that some program opens. */
const WINDOWS_ENDINGS = ['.com', '.exe', '.bat', '.cmd']

/** The files that a name may stand for. npm puts a script for sh beside one for Windows, under the bare name. */
function fileNames(name: string, platform: NodeJS.Platform): string[] {
  const isWhole = platform !== 'win32' || WINDOWS_ENDINGS.some(ending => name.toLowerCase().endsWith(ending))
  return isWhole ? [name] : [...WINDOWS_ENDINGS.map(ending => name + ending), name]
}

function firstHit(name: string, directories: readonly string[], platform: NodeJS.Platform): string | null {
  for (const directory of directories) {
    const found = fileNames(name, platform)
      .map(file => join(directory, file))
      .find(isExecutableFile)
    if (found !== undefined) return found
  }
  return null
}

/** The first hit for a program's bare name in absolute directories; null when there is none, and for a path. */
export function findInDirectories(
  name: string,
  directories: readonly string[],
  platform: NodeJS.Platform,
): string | null {
  const places = directories.filter(directory => isAbsolute(directory))
  return /[/\\]/.test(name) ? null : firstHit(name, places, platform)
}

/**
 * The absolute path of a program: itself when absolute, else the first hit on `searchPath`. Throws HSVC_INVALID_SPEC
 * when there is none, and for a relative path, which would depend on who asks.
 */
export function findProgram(name: string, searchPath: string, platform: NodeJS.Platform): string {
  const places = isAbsolute(name) ? [''] : searchPath.split(delimiter).filter(place => isAbsolute(place))
  if (!isAbsolute(name) && /[/\\]/.test(name)) {
    throw serviceError(
      'HSVC_INVALID_SPEC',
      `argv[0]: expected a program name or an absolute path, got ${JSON.stringify(name)}`,
      {
        hint: 'give the absolute path',
      },
    )
  }
  const found = firstHit(name, places, platform)
  if (found !== null) return found
  const expected = isAbsolute(name) ? 'an executable file' : 'a program on PATH'
  throw serviceError('HSVC_INVALID_SPEC', `argv[0]: expected ${expected}, got ${JSON.stringify(name)}`, {
    hint: 'install it, give its absolute path, or set hermes.command in the configuration',
  })
}

/** Whether a program found earlier is still there. */
export function isStillThere(path: string): boolean {
  return isAbsolute(path) && isExecutableFile(path)
}

/**
 * Why a path will not last, or null: version managers put programs under a version's or a shell's directory, which an
 * upgrade or the end of the shell removes.
 */
export function volatilePathReason(path: string): string | null {
  const manager = /[/\\]\.?(nvm|fnm|fnm_multishells|volta|asdf|nodenv|n|mise|rtx|pyenv|rbenv)[/\\]/.exec(path)?.[1]
  return manager === undefined ? null : `${path} belongs to the version manager ${manager}: an upgrade can remove it`
}
