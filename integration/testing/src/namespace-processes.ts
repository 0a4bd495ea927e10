import {readdirSync, readFileSync, readlinkSync} from 'node:fs'

/** A process in namespaces of its own, with the pids it has inside and outside. */
export interface ContainedProcess {
  readonly pid: number
  readonly hostPid: number
  readonly hostParent: number
  readonly uid: number
  readonly argv: readonly string[]
}

/** Every process in the pid namespace of this one, as the machine has them; zombies are not counted. */
export function processesBeside(initPid: number): ContainedProcess[] {
  const namespace = readlinkSync(`/proc/${String(initPid)}/ns/pid`)
  const toInside = uidMap(initPid)
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        if (readlinkSync(`/proc/${name}/ns/pid`) !== namespace) return []
        const status = readFileSync(`/proc/${name}/status`, 'utf8')
        const pid = Number(/^NSpid:.*\t(\d+)$/m.exec(status)?.[1])
        const hostParent = Number(/^PPid:\t(\d+)$/m.exec(status)?.[1])
        const uid = toInside(Number(/^Uid:\t(\d+)/m.exec(status)?.[1]))
        const argv = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1)
        // A zombie has no command line.
        return argv.length === 0 ? [] : [{pid, hostPid: Number(name), hostParent, uid, argv}]
      } catch {
        return []
      }
    })
}

/** Those of the processes whose parent is not among them: a child that has forked only still has the words of its parent. */
export function withoutForks(found: readonly ContainedProcess[]): ContainedProcess[] {
  return found.filter(({hostParent}) => !found.some(({hostPid}) => hostPid === hostParent))
}

/** A function from a uid on the machine to that in the user namespace of the process. */
function uidMap(pid: number): (uid: number) => number {
  const ranges = readFileSync(`/proc/${String(pid)}/uid_map`, 'utf8')
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/).map(Number))
  return uid => {
    const [inside = 0, outside = 0] =
      ranges.find(
        ([, first, count]) => first !== undefined && count !== undefined && uid >= first && uid < first + count,
      ) ?? []
    return uid - outside + inside
  }
}
