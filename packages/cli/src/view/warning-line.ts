import {toPrintable} from './printable.js'

/** A line of oclif's long warnings, which have one fact on each. */
function fact(name: string, message: string): string | undefined {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(message)?.[1]
}

/** One line of a warning that Node would print with advice for developers; null of what is told elsewhere. */
export function warningLine(warning: Error & {readonly detail?: string}): string | null {
  const text = `${String(warning)}\n${warning.detail ?? ''}`
  // Packages of plugins that cannot be read are told with what to do about them.
  if (/^\S+ Plugin: |\] Error Plugin: /.test(text)) return null
  const plugin = fact('plugin', text)
  const what = fact('message', text) ?? text.split('\n')[0] ?? ''
  return toPrintable(plugin === undefined ? `! ${what}` : `! ${plugin}: ${what}`)
}
