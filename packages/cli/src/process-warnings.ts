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
  return plugin === undefined ? `! ${what}` : `! ${plugin}: ${what}`
}

/** Takes over from Node what it does with warnings, unless somebody looks for a fault. */
export function shortenWarnings(): void {
  if (process.env['DEBUG'] !== undefined) return
  process.removeAllListeners('warning')
  process.on('warning', warning => {
    const line = warningLine(warning)
    if (line !== null) process.stderr.write(`${line}\n`)
  })
}
