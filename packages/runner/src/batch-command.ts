import {win32} from 'node:path'

/**
 * Characters that cmd.exe takes as one line; what follows is cut off
 * (learn.microsoft.com/troubleshoot/windows-client/shell-experience/command-line-string-limitation).
 */
const LONGEST_LINE = 8191

/** No autorun commands from the registry, no `!` variables, and a line of which only the outer quotes are taken off. */
const FLAGS = ['/d', '/v:off', '/s', '/c']

/** How a program is given to spawn. */
export interface SpawnCommand {
  readonly file: string
  readonly argv0: string
  readonly args: readonly string[]
  /** The arguments are joined as they are, without Node's own quoting. */
  readonly windowsVerbatimArguments: boolean
}

function isBatchFile(file: string, platform: NodeJS.Platform): boolean {
  // Windows drops dots and blanks at the end of a name.
  return platform === 'win32' && /\.(?:bat|cmd)[. ]*$/i.test(file)
}

function renderLine(argv: readonly string[]): string {
  return [...FLAGS, `"${argv.map(word => `"${word}"`).join(' ')}"`].join(' ')
}

function wordRefusal(word: string): string | null {
  if (word.includes('"')) return 'no ", for which cmd.exe has no quoting'
  if (word.includes('%')) return 'no %, which cmd.exe takes for the name of a variable also in quotes'
  if (/[^\P{Cc}\t]/u.test(word))
    return 'no line end or other control character, with which cmd.exe ends or changes a line'
  if (word.endsWith('\\')) return 'no \\ at the end, which would take the meaning of the quote behind it away'
  return null
}

/**
 * Why an argument vector cannot be delivered: batch files are run by cmd.exe, which knows no quoting for some characters.
 * null where it can, and always for other programs and platforms. The words themselves are not part of the reason. Pure.
 */
export function batchRefusal(argv: readonly string[], platform: NodeJS.Platform): string | null {
  if (!isBatchFile(argv[0] ?? '', platform)) return null
  for (const [index, word] of argv.entries()) {
    const reason = wordRefusal(word)
    if (reason !== null) return `argv[${String(index)}]: expected, for a batch file, ${reason}; got one`
  }
  const {length} = renderLine(argv)
  if (length <= LONGEST_LINE) return null
  return `argv: expected, for a batch file, at most ${String(LONGEST_LINE)} characters in all; got ${String(length)}`
}

/** What is spawned for an argument vector that is not refused: itself, or for a batch file cmd.exe, as Node runs none by itself. Pure. */
export function spawnCommand(argv: readonly string[], platform: NodeJS.Platform, systemRoot: string): SpawnCommand {
  const [file = '', ...args] = argv
  if (!isBatchFile(file, platform)) return {file, argv0: file, args, windowsVerbatimArguments: false}
  const shell = win32.join(systemRoot, 'System32', 'cmd.exe')
  return {file: shell, argv0: 'cmd.exe', args: [renderLine(argv)], windowsVerbatimArguments: true}
}
