import {linkSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {
  bootId,
  identityOf,
  isProcessIdentity,
  livenessOf,
  type ProcessIdentity,
} from '@hermes-svc/core/process-identity'
import {publishFile, STAGING_PREFIX} from '@hermes-svc/core/publish-file'
import {type Held, isRunnerLocked, takeRunnerLock} from './runner-lock.js'

const CLAIM = /^claim\.(\d+)$/

interface Claim {
  readonly name: string
  readonly number: number
  readonly owner: ProcessIdentity | null
}

/** Whether a process that another pid namespace holds is alive, which only its socket can tell. */
export type ReachOwner = (owner: ProcessIdentity) => Promise<boolean>

function readClaims(directory: string): Claim[] {
  const claims: Claim[] = []
  for (const name of readdirSync(directory)) {
    const match = CLAIM.exec(name)
    if (match === null) continue
    let owner: ProcessIdentity | null = null
    try {
      const value: unknown = JSON.parse(readFileSync(join(directory, name), 'utf8'))
      if (isProcessIdentity(value)) owner = value
    } catch {
      // Removed in between; or damaged, and then it holds nobody's claim, since a claim appears whole.
    }
    claims.push({name, number: Number(match[1]), owner})
  }
  return claims
}

async function isHeld(claim: Claim, reach: ReachOwner): Promise<boolean> {
  if (claim.owner === null) return false
  const liveness = livenessOf(claim.owner)
  return (
    liveness === 'alive' || (liveness === 'unknown' && claim.owner.bootId === bootId() && (await reach(claim.owner)))
  )
}

/** The live owner of a runner directory as its claims tell; null when there is none in this pid namespace, and on Windows. */
export function claimedBy(directory: string): ProcessIdentity | null {
  const held = readClaims(directory).find(({owner}) => owner !== null && livenessOf(owner) === 'alive')
  return held?.owner ?? null
}

/** Whether the runner that a state names is alive. On Windows, where a pid may be anybody's, whether any runner is. */
export function isRunnerAlive(directory: string, runner: ProcessIdentity | null): boolean {
  if (process.platform === 'win32') return isRunnerLocked(directory)
  return runner !== null && livenessOf(runner) === 'alive'
}

/**
 * Claims a runner directory for this process; null when another live process has it, `retry` when two contenders met. On
 * Windows the claim is a lock, and whoever looks at it may be in the way for a moment.
 *
 * Each contender links a file with its identity under a number above all that it saw, which fails for all but one, then
 * lists again and holds the claim only if no other live process has one. Of two that both listed, one linked last, and
 * its list holds the other's file; so never do both hold. Files go away only through their own process, or through the
 * one holder when their process is gone, so that no live claim is ever removed by somebody else.
 */
export async function claimDirectory(directory: string, reach: ReachOwner): Promise<Held | 'retry' | null> {
  if (process.platform === 'win32') return takeRunnerLock(directory) ?? 'retry'
  const before = readClaims(directory)
  for (const claim of before) if (await isHeld(claim, reach)) return null
  const number = Math.max(0, ...before.map(claim => claim.number)) + 1
  const name = `claim.${String(number)}`
  const path = join(directory, name)
  const own = join(directory, `${STAGING_PREFIX}claim.own.${String(process.pid)}`)
  try {
    publishFile(own, JSON.stringify(identityOf(process.pid)), 0o600)
    linkSync(own, path)
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    // ENOENT: a new holder has cleared what it took for left-overs.
    if (code === 'EEXIST' || code === 'ENOENT') return 'retry'
    throw error
  } finally {
    rmSync(own, {force: true})
  }
  const others = readClaims(directory).filter(claim => claim.name !== name)
  for (const claim of others) {
    if (!(await isHeld(claim, reach))) continue
    rmSync(path, {force: true})
    return 'retry'
  }
  for (const claim of others) rmSync(join(directory, claim.name), {force: true})
  return {
    release() {
      rmSync(path, {force: true})
    },
  }
}
