import {readdirSync, readFileSync, statSync} from 'node:fs'
import {resolve} from 'node:path'

/** Bit of SIGALRM in a mask of signals. */
const ALARM = 1n << 13n

/**
 * @param {string} path
 * @returns {string | null}
 */
function readProc(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** The name of process 1; null where it cannot be read. */
export function nameOfProcess1() {
  return readProc('/proc/1/comm')?.trim() ?? null
}

/**
 * When a process was born, in ticks since the boot; null when it is gone.
 *
 * @param {number} pid
 */
export function birthOf(pid) {
  const stat = readProc(`/proc/${String(pid)}/stat`)
  if (stat === null) return null
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' ? null : (fields[18] ?? null)
}

/**
 * Where a path leads, by whatever links; null where that is nothing that we may reach.
 *
 * @param {string} path
 */
function statOf(path) {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

/**
 * The runsvdir that watches a directory, among the processes that this account may see: its pid, or null. Anybody can call
 * a process so: only those of root and of the directory's owner count.
 *
 * @param {string} directory
 */
export function findRunsvdir(directory) {
  const wanted = statOf(directory)
  if (wanted === null) return null
  const found = readdirSync('/proc').find(pid => {
    if (!/^\d+$/.test(pid) || readProc(`/proc/${pid}/comm`) !== 'runsvdir\n') return false
    const account = statOf(`/proc/${pid}`)?.uid
    if (account !== 0 && account !== wanted.uid) return false
    const [, ...words] = readProc(`/proc/${pid}/cmdline`)?.split('\0') ?? []
    const watched = statOf(resolve(`/proc/${pid}/cwd`, words.find(word => !word.startsWith('-')) ?? ''))
    return watched?.dev === wanted.dev && watched.ino === wanted.ino
  })
  return found === undefined ? null : Number(found)
}

/**
 * Whether a process is a runsvdir that has a handler for ALRM.
 *
 * @param {number} pid
 */
export function catchesAlarm(pid) {
  const status = readProc(`/proc/${String(pid)}/status`) ?? ''
  const [, caught = '0'] = /^Name:\trunsvdir\n[^]*^SigCgt:\t([0-9a-f]+)$/m.exec(status) ?? []
  return (BigInt(`0x${caught}`) & ALARM) !== 0n
}
