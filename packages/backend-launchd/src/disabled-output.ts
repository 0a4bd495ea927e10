const HEADER = /^\t?disabled services = \{$/
const ENTRY = /^\s*"(.+)" => (disabled|true|enabled|false)$/
const END = /^\t?\}$/

/**
 * Which labels `launchctl print-disabled` has an entry for, true where it is disabled: macOS 13 and later write a word,
 * earlier ones whether it is disabled. A label that is not in it is as its plist says. null without that block. Pure.
 */
export function parseDisabledOutput(text: string): ReadonlyMap<string, boolean> | null {
  const lines = text.split('\n')
  const start = lines.findIndex(line => HEADER.test(line))
  const end = lines.findIndex((line, index) => index > start && END.test(line))
  if (start === -1 || end === -1) return null
  const labels = new Map<string, boolean>()
  for (const line of lines.slice(start + 1, end)) {
    const [, label, value] = ENTRY.exec(line) ?? []
    if (label !== undefined) labels.set(label, value === 'disabled' || value === 'true')
  }
  return labels
}
