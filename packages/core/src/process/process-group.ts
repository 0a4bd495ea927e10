/** Live groups of tools, so that none outlives this program. One listener for all: Node warns at the eleventh. */
const liveGroups = new Set<number>()

/** Sends a signal to a whole process group; on Windows it ends the first process. A group that is gone is no error. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? leader : -leader, signal)
  } catch {
    // ESRCH: nobody is left. EPERM: only processes of another account are left, which are out of our reach.
  }
}

function killLiveGroups(): void {
  for (const leader of liveGroups) signalGroup(leader, 'SIGKILL')
}

/** From now on the group is killed when this program exits. */
export function adoptGroup(leader: number): void {
  if (liveGroups.size === 0) process.on('exit', killLiveGroups)
  liveGroups.add(leader)
}

/** The group has ended. */
export function forgetGroup(leader: number): void {
  liveGroups.delete(leader)
  if (liveGroups.size === 0) process.off('exit', killLiveGroups)
}
