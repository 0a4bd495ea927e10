/**
 * systemd has no one way of quoting: every directive reads its value by its own rules (systemd.syntax, systemd.service
 * "Command lines", systemd.exec). A function of this file is for one of them, and pure.
 */

/** C0 controls and DEL as `\xNN`, which is how words in quotes may have them. */
function escapeControls(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\x01-\x1f\x7f]/g, control => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** `%` begins a specifier (%h, %n) in every directive. */
function escapeSpecifiers(text: string): string {
  return text.replaceAll('%', '%%')
}

const BARE = /^[A-Za-z0-9_@+=:,./-]+$/

/** An argument of ExecStart=: in quotes unless it is plain, with `$`, which would begin a variable, doubled. */
export function quoteArgument(argument: string): string {
  if (BARE.test(argument)) return argument
  const escaped = escapeControls(argument.replaceAll(/["\\]/g, '\\$&'))
  return `"${escapeSpecifiers(escaped).replaceAll('$', () => '$$')}"`
}

/** The program of ExecStart=: in quotes unless it is plain; variables are not expanded in it, so `$` stays single. */
export function quoteProgram(path: string): string {
  if (BARE.test(path)) return path
  return `"${escapeSpecifiers(path)}"`
}

/** A path as WorkingDirectory= and StandardOutput=append: take it: to the end of the line, never in quotes. */
export function plainPath(path: string): string {
  return escapeSpecifiers(path)
}

/** A path as EnvironmentFile= takes it: as it is too, but for glob(7), which knows the backslash. */
export function globPath(path: string): string {
  return escapeSpecifiers(path).replaceAll(/[\\*?[\]]/g, '\\$&')
}

/** A free text such as Description=. A backslash at the end would join the next line to it. */
export function plainText(text: string): string {
  // eslint-disable-next-line no-control-regex
  const line = text.replaceAll(/[\x00-\x1f\x7f]+/g, ' ').trim()
  return escapeSpecifiers(line).replace(/\\$/, '\\ ')
}

/** Code points that Unicode keeps from being characters. systemd takes text with one of them for invalid. */
const NONCHARACTER = /\p{Noncharacter_Code_Point}/u

/** Why no file of systemd can hold a text, as the end of "expected ..., got"; null when it can. */
export function unholdableReason(text: string): string | null {
  return NONCHARACTER.test(text) ? 'a code point that Unicode keeps from being a character' : null
}

/** Why a path cannot stand where nothing is quoted; null when it can. With ".." systemd passes over some without a word. */
export function unquotablePathReason(path: string): string | null {
  if (/[\n\r]/.test(path)) return 'an end of a line in it'
  if (path.split('/').includes('..')) return 'a ".." in it'
  return unholdableReason(path)
}

/** Why a program cannot be the first word of ExecStart=; null when it can. A blank at the end is cut off by newer versions. */
export function unquotableProgramReason(path: string): string | null {
  if (path.endsWith(' ')) return 'a blank at its end'
  // eslint-disable-next-line no-control-regex
  return /["'\\\x00-\x1f\x7f]/.test(path) ? 'a quote, a backslash or a control character in it' : unholdableReason(path)
}
