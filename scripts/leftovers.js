import {readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'

const GRACE_MS = 3000

function tryRead(read) {
  try {
    return read()
  } catch {
    return ''
  }
}

function commandOf(pid) {
  return tryRead(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    .replaceAll('\0', ' ')
    .trim()
}

/** Processes whose environment, command line or directory shows that this test run made them. Linux only. */
function processesOf(marker, directory) {
  const pids = tryRead(() => readdirSync('/proc')) || []
  return pids.filter(pid => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false
    if (commandOf(pid).includes(directory)) return true
    if (tryRead(() => readlinkSync(`/proc/${pid}/cwd`)).startsWith(directory)) return true
    return tryRead(() => readFileSync(`/proc/${pid}/environ`, 'latin1'))
      .split('\0')
      .includes(marker)
  })
}

function mountsIn(directory) {
  const mounts = tryRead(() => readFileSync('/proc/self/mounts', 'utf8')).split('\n')
  return mounts.map(line => line.split(' ')[1] ?? '').filter(place => place.startsWith(directory))
}

/**
 * What a test run left behind, one line each: processes after a moment to end, which are killed then; mounts, and files in
 * the run's temporary directory.
 */
export async function findLeftovers(marker, directory) {
  const deadline = Date.now() + GRACE_MS
  let pids = processesOf(marker, directory)
  while (pids.length > 0 && Date.now() < deadline) {
    await sleep(100)
    pids = processesOf(marker, directory)
  }
  const found = pids.map(pid => `process ${pid}: ${commandOf(pid)}`)
  for (const pid of pids) tryRead(() => process.kill(Number(pid), 'SIGKILL'))
  found.push(...mountsIn(directory).map(place => `mount ${place}`))
  found.push(...readdirSync(directory).map(name => `file ${directory}/${name}`))
  return found
}
