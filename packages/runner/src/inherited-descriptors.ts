import {closeSync, readdirSync, readFileSync} from 'node:fs'

// O_CLOEXEC as /proc/PID/fdinfo shows it, in octal.
const CLOSE_ON_EXEC = 0o2000000

/**
 * Closes what the launcher's own caller left open above `last`, so that a pipe or lock of a shell or of cron is not
 * held for as long as the gateway lives. Linux only: Node's own descriptors are told apart by close-on-exec, which an
 * inherited one cannot have.
 */
export function closeInheritedDescriptors(last: number): void {
  if (process.platform !== 'linux') return
  let names: string[]
  try {
    names = readdirSync('/proc/self/fd')
  } catch {
    // Without /proc they cannot be told apart.
    return
  }
  for (const descriptor of names.map(Number)) {
    if (descriptor <= last) continue
    try {
      const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${String(descriptor)}`, 'utf8'))?.[1]
      if (flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0) closeSync(descriptor)
    } catch {
      // The one that listed the directory is closed already.
    }
  }
}
