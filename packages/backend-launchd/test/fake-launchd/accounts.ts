import {readFileSync} from 'node:fs'

/** A line of passwd(5), as far as a job needs it. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
}

function readLines(path: string): string[][] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .map(line => line.split(':'))
  } catch {
    return []
  }
}

/** The account of this name, or undefined. */
export function findAccount(wanted: string): Account | undefined {
  const line = readLines('/etc/passwd').find(([name]) => name === wanted)
  if (line === undefined) return undefined
  const [name = '', , uid, gid, , home = '/', shell = '/bin/sh'] = line
  return {name, uid: Number(uid), gid: Number(gid), home, shell}
}

/** The number of the group of this name, or undefined. */
export function findGroup(wanted: string): number | undefined {
  const line = readLines('/etc/group').find(([name]) => name === wanted)
  return line === undefined ? undefined : Number(line[2])
}
