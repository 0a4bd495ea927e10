const BARE = /^[A-Za-z0-9_@%+:,./-]+$/

/** A word as sh(1) reads it back byte for byte: as it is where nothing in it is special, in single quotes otherwise. Pure. */
export function quoteWord(word: string): string {
  return BARE.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** A command line of quoted words. Pure. */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ')
}

/** Names that some sh(1) sets itself, holds read-only or gives a meaning, so that a value would not arrive, or would stop the script. */
const RESERVED = new Set([
  '_',
  'DIRSTACK',
  'EPOCHREALTIME',
  'EPOCHSECONDS',
  'EUID',
  'FUNCNAME',
  'GROUPS',
  'HISTCMD',
  'IFS',
  'LINENO',
  'OLDPWD',
  'OPTIND',
  'PPID',
  'PWD',
  'RANDOM',
  'SECONDS',
  'SHELLOPTS',
  'SHLVL',
  'SRANDOM',
  'UID',
])

/** Whether a script can export a variable of that name and pass it on as it is. */
export function isExportable(name: string): boolean {
  return !RESERVED.has(name) && !name.startsWith('BASH')
}
