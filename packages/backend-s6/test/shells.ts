import {accessSync, constants, realpathSync} from 'node:fs'
import {join} from 'node:path'

/** A shell that may be /bin/sh somewhere, and how it is run as that. */
export interface Shell {
  readonly name: string
  readonly command: readonly string[]
}

function findOnPath(program: string): string | null {
  for (const directory of (process.env['PATH'] ?? '').split(':')) {
    try {
      accessSync(join(directory, program), constants.X_OK)
      return join(directory, program)
    } catch {
      // It is not here.
    }
  }
  return null
}

const KNOWN = [
  {name: 'dash', program: 'dash', args: []},
  {name: 'bash --posix', program: 'bash', args: ['--posix']},
  {name: 'busybox sh', program: 'busybox', args: ['sh']},
]

const FOUND: readonly Shell[] = KNOWN.flatMap(({name, program, args}) => {
  const path = findOnPath(program)
  return path === null ? [] : [{name, command: [path, ...args]}]
})

/** What scripts run with here. */
export const BIN_SH: Shell = {name: '/bin/sh', command: ['/bin/sh']}

const isFound = FOUND.some(({command}) => realpathSync(command[0] ?? '') === realpathSync('/bin/sh'))

/** The shells of this machine: those that we know, and what /bin/sh is where it is none of them. */
export const SHELLS: readonly Shell[] = isFound ? FOUND : [BIN_SH, ...FOUND]
