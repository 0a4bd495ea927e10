import {createHash} from 'node:crypto'
import {mkdirSync} from 'node:fs'
import {join} from 'node:path'
import type {Clock} from '../backend.js'
import {serviceError, type ServiceError} from '../errors/service-error.js'
import {isBeyondSight, listClaims, publishClaim, removeClaim, renewClaim, type Claim} from './claim.js'
import {type Run, soon} from './shared-rights.js'

/** Options of withLock. */
export interface LockOptions {
  /** How long to wait for the lock; 0: try once. Milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly clock: Clock
  /** What the lock is wanted for; others see it in HSVC_BUSY. */
  readonly verb?: string
  /** Runs each piece of file work, for instance with another account's rights. */
  readonly run?: Run
}

/** Without renewal for this long, an owner that cannot be looked at counts as gone. Milliseconds. */
export const LEASE_MS = 60_000

const RENEWAL_MS = 10_000
const LONGEST_NAME = 64

/** What all claims of one name begin with. A dot ends the name, since no profile name holds one. */
function claimPrefix(name: string): string {
  if (name === '' || !/^[\w-]+$/.test(name)) {
    throw serviceError(
      'HSVC_INTERNAL',
      `expected a lock name of letters, digits, "_" and "-", got ${JSON.stringify(name)}`,
    )
  }
  if (name.length <= LONGEST_NAME) return `${name}.`
  // File names end at 255 bytes, and a claim's name carries more than the lock's.
  return `${name.slice(0, LONGEST_NAME)}~${createHash('sha256').update(name).digest('hex').slice(0, 32)}.`
}

/** One contender for one lock; it decides what counts as a claim and when it holds the lock. */
class Contender {
  readonly #directory: string
  readonly #prefix: string
  readonly #options: LockOptions
  readonly #run: Run
  /** When each lease beyond our sight was last seen to change, by the clock that cannot be set. */
  readonly #watched = new Map<string, {renewedAt: number; since: number}>()
  #renewal: NodeJS.Timeout | undefined
  #own: string | null = null
  #isMade = false

  constructor(directory: string, name: string, options: LockOptions) {
    this.#directory = directory
    this.#prefix = claimPrefix(name)
    this.#options = options
    this.#run = options.run ?? (work => work())
  }

  /** Tries once. Null when the lock is held, else the claim that is in the way. */
  async attempt(): Promise<Claim | null> {
    return await soon(this.#run, () => {
      if (!this.#isMade) mkdirSync(this.#directory, {recursive: true, mode: 0o700})
      this.#isMade = true
      if (this.#own === null) {
        const before = this.#others()[0]
        if (before !== undefined) return before
        this.#publish()
      }
      const others = this.#others()
      const first = others[0]
      if (first === undefined) return null
      // Of claims that meet the lowest may stay and be next; whoever holds the lock goes on holding it.
      if (others.some(({file}) => file < (this.#own ?? ''))) this.#withdraw()
      return first
    })
  }

  async release(): Promise<void> {
    await soon(this.#run, () => {
      this.#withdraw()
    })
  }

  get isNext(): boolean {
    return this.#own !== null
  }

  #publish(): void {
    const {clock, verb} = this.#options
    const file = publishClaim(this.#directory, this.#prefix, verb ?? null, clock.now())
    this.#own = file
    this.#renewal = setInterval(() => {
      try {
        this.#run(() => {
          renewClaim(join(this.#directory, file), clock.now())
        })
      } catch {
        // A full or vanished disk: the lease then runs out, which concerns only those who cannot see this process.
      }
    }, RENEWAL_MS).unref()
  }

  #withdraw(): void {
    clearInterval(this.#renewal)
    if (this.#own !== null) removeClaim(this.#directory, this.#own)
    this.#own = null
  }

  #others(): Claim[] {
    return listClaims(this.#directory, this.#prefix, this.#own).filter(claim => !this.#hasExpired(claim))
  }

  #hasExpired(claim: Claim): boolean {
    if (!isBeyondSight(claim)) return false
    const {clock} = this.#options
    const age = clock.now() - claim.renewedAt
    const seen = this.#watched.get(claim.file)
    const since = seen?.renewedAt === claim.renewedAt ? seen.since : clock.monotonic()
    this.#watched.set(claim.file, {renewedAt: claim.renewedAt, since})
    if (age < LEASE_MS && clock.monotonic() - since < LEASE_MS) {
      if (age < -LEASE_MS) this.#rebase(claim)
      return false
    }
    removeClaim(this.#directory, claim.file)
    return true
  }

  /** Since the clock was set back this lease ends far in the future. It is made to end a lease from now; a living owner renews it anyway. */
  #rebase(claim: Claim): void {
    try {
      renewClaim(join(this.#directory, claim.file), this.#options.clock.now())
    } catch {
      // Not ours to change, or gone just now: our own watching still ends it.
    }
  }
}

function busy(name: string, holder: Claim, waitedMs: number): ServiceError {
  const owner = holder.owner
  const who = owner === null ? 'an unknown process' : `process ${String(owner.owner.pid)}`
  const doing = owner?.verb == null ? '' : `, ${owner.verb}`
  const message = `expected no other change of ${name} within ${String(waitedMs / 1000)} s, got one by ${who}${doing}`
  return serviceError('HSVC_BUSY', message, {hint: 'wait until it is done, then retry'})
}

async function acquire(contender: Contender, name: string, {clock, signal, timeoutMs}: LockOptions): Promise<void> {
  const deadline = clock.monotonic() + timeoutMs
  for (;;) {
    const obstacle = await contender.attempt()
    const left = deadline - clock.monotonic()
    // A caller whose own time is up in the same moment still learns who holds the lock, whichever timer came first.
    if (signal?.aborted === true && (obstacle === null || left > 0))
      throw serviceError('HSVC_ABORTED', `interrupted while waiting to change ${name}`)
    if (obstacle === null) return
    if (left <= 0) throw busy(name, obstacle, timeoutMs)
    const pause = contender.isNext ? 5 + Math.random() * 5 : 20 + Math.random() * 40
    await clock.sleep(Math.min(pause, left), signal).catch(() => undefined)
  }
}

/**
 * Runs the action while no other process, and no other caller in this one, holds the lock `name` of that directory
 * (made 0700). Rejects HSVC_BUSY when it was not had in time, HSVC_ABORTED, and whatever the action rejects with.
 *
 * Node has no flock(2), and taking over one well-known lock file by unlinking it can hit the file of whoever was
 * quicker. So every contender publishes a claim under a name of its own, lists the directory after that, and holds the
 * lock only if it saw no other claim. Two cannot hold it: of two published claims one was there before the other; the
 * later contender listed after publishing, so it saw the earlier claim, which stays until its owner is done. Somebody
 * always gets on: of contenders that see each other all but the lowest name withdraw. A claim is taken away for its
 * owner when that very process is gone (boot, pid namespace, pid and start time); where we cannot look, when its lease,
 * renewed every 10 s, is 60 s old. Names are never used again, so taking a dead claim away twice harms nobody. The
 * directory must be on a file system whose listings are coherent, so not on NFS.
 */
export async function withLock<T>(
  directory: string,
  name: string,
  options: LockOptions,
  action: () => Promise<T>,
): Promise<T> {
  const contender = new Contender(directory, name, options)
  try {
    await acquire(contender, name, options)
    return await action()
  } finally {
    await contender.release()
  }
}
