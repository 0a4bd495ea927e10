import {randomUUID} from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  lutimesSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {identityOf, isProcessIdentity, livenessOf, type ProcessIdentity} from '../process/process-identity.js'
import {STAGING_PREFIX} from './publish-file.js'

/** What a claim file says of who made it. */
export interface ClaimOwner {
  readonly owner: ProcessIdentity
  readonly verb: string | null
  readonly acquiredAt: string
}

/** A claim as found in the directory. */
export interface Claim {
  readonly file: string
  /** Last renewal, milliseconds since the epoch. */
  readonly renewedAt: number
  /** Null for a file that nobody of ours wrote. */
  readonly owner: ClaimOwner | null
}

const LONGEST_CLAIM_BYTES = 4096
const LONGEST_STAGING_MS = 10_000

function parseOwner(text: string): ClaimOwner | null {
  try {
    const {owner, verb, acquiredAt} = JSON.parse(text) as Record<string, unknown>
    if (!isProcessIdentity(owner) || typeof acquiredAt !== 'string') return null
    return {owner, acquiredAt, verb: typeof verb === 'string' ? verb : null}
  } catch {
    return null
  }
}

function readOwner(path: string): ClaimOwner | null {
  let descriptor
  try {
    // Neither a planted link nor a planted FIFO may lead us elsewhere or hold us up. Windows lacks both flags: undefined, thus 0.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (!fstatSync(descriptor).isFile()) return null
    const bytes = Buffer.alloc(LONGEST_CLAIM_BYTES)
    return parseOwner(bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, LONGEST_CLAIM_BYTES, 0)))
  } catch {
    return null
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** Publishes a claim under a name that is never used again, whole or not at all, and returns that name. */
export function publishClaim(directory: string, prefix: string, verb: string | null, now: number): string {
  const file = `${prefix}${randomUUID()}`
  const staged = join(directory, `${STAGING_PREFIX}${file}`)
  const claim: ClaimOwner = {owner: identityOf(process.pid), verb, acquiredAt: new Date(now).toISOString()}
  try {
    // Not flushed to the disk: a claim that a power cut empties has no living owner and goes by its lease.
    writeFileSync(staged, JSON.stringify(claim), {mode: 0o600, flag: 'wx'})
    renewClaim(staged, now)
    renameSync(staged, join(directory, file))
  } catch (error) {
    rmSync(staged, {force: true})
    throw error
  }
  return file
}

/** Renews the lease of the claim at that path; a link that somebody planted there is not followed. */
export function renewClaim(path: string, now: number): void {
  lutimesSync(path, now / 1000, now / 1000)
}

/** Takes a claim away; another contender may have done so already. */
export function removeClaim(directory: string, file: string): void {
  try {
    unlinkSync(join(directory, file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function readClaim(directory: string, file: string): Claim | null {
  const stats = lstatSync(join(directory, file), {throwIfNoEntry: false})
  return stats === undefined ? null : {file, renewedAt: stats.mtimeMs, owner: readOwner(join(directory, file))}
}

/** Whoever was killed before it was published may not be named in it, or by what cannot be asked; staging takes less than a millisecond. */
function isAbandoned(claim: Claim): boolean {
  return Math.abs(Date.now() - claim.renewedAt) > LONGEST_STAGING_MS
}

/**
 * The claims whose names begin with `prefix`, sorted, but for the caller's own. Those of owners that are provably gone are taken away on
 * the way, staged ones too.
 */
export function listClaims(directory: string, prefix: string, own: string | null = null): Claim[] {
  const claims: Claim[] = []
  for (const file of readdirSync(directory).sort()) {
    if (file === own) continue
    const isStaged = file.startsWith(`${STAGING_PREFIX}${prefix}`)
    const claim = isStaged || file.startsWith(prefix) ? readClaim(directory, file) : null
    if (claim === null) continue
    const isGone = isBeyondSight(claim) ? isStaged && isAbandoned(claim) : isOwnerGone(claim)
    if (isGone) removeClaim(directory, file)
    else if (!isStaged) claims.push(claim)
  }
  return claims
}

function isOwnerGone({owner}: Claim): boolean {
  return owner !== null && livenessOf(owner.owner) === 'gone'
}

/** Whether only the lease can tell if the owner of a claim is still there: without a start time its pid may be another's by now. */
export function isBeyondSight({owner}: Claim): boolean {
  if (owner === null) return true
  const liveness = livenessOf(owner.owner)
  return liveness === 'unknown' || (liveness === 'alive' && owner.owner.startTime === null)
}
