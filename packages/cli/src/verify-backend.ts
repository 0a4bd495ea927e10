import {type Backend, serviceError, systemClock, thrownText, withDeadline} from '@hermes-svc/core'
import {
  CLEAN_UP_TITLE,
  conformance,
  type ConformanceOptions,
  REAL_TIMING,
  type Timing,
} from '@hermes-svc/core/conformance'
import type {VerifiedSentence} from './output/verification-output.js'

/** No user calls a profile so: what earlier runs left behind is found by this name, and removed. */
const PREFIX = 'hsvc-verify'
/** No sentence takes as long as so many verbs that only just end in time: 5 minutes where nothing else is said. */
const VERBS_PER_SENTENCE = 15
const ENDING_MS = 30_000

const HUNG = 'the sentence before did not end'
const LEFT = `${HUNG}; the next run removes what is left`

/** What is verified, and who is told. */
export interface Verification extends Pick<ConformanceOptions, 'context' | 'module' | 'scope'> {
  readonly backend: Backend
  /** Only sentences that have this text in their chapter or title, whatever its case. */
  readonly only?: string | undefined
  /** What a verb may take that is expected to succeed, and an expected state to come. Milliseconds, default 20 000. */
  readonly timeoutMs?: number | undefined
  /** Ends it early; what was made is taken away all the same. */
  readonly signal: AbortSignal
  /** What a sentence may take to end and to clean up after the signal. Milliseconds, default 30 000. */
  readonly endingMs?: number
  readonly onResult: (result: VerifiedSentence, done: number, of: number) => void
}

type Suite = typeof conformance

interface Sentence extends Pick<VerifiedSentence, 'group' | 'title'> {
  readonly exempt: string | null
  readonly run: () => Promise<void>
}

const CLEAN_UP = {group: 'suite', title: CLEAN_UP_TITLE, exempt: null}

/** On a machine that is slower than usual, whatever has to be cut short has come as far as elsewhere. */
function timingOf(timeoutMs: number): Partial<Timing> {
  const {deadlineMs, shortVerbMs, doomedSettleMs} = REAL_TIMING
  const slowness = Math.max(1, timeoutMs / deadlineMs)
  return {deadlineMs: timeoutMs, shortVerbMs: shortVerbMs * slowness, doomedSettleMs: doomedSettleMs * slowness}
}

function sentencesOf(verification: Verification, suite: Suite): Sentence[] {
  const {backend, context, module, scope, timeoutMs, only = ''} = verification
  const runs = new Map<string, () => Promise<void>>()
  const {entries} = suite({
    test: (title, run) => runs.set(title, run),
    backend,
    prefix: PREFIX,
    ...(context && {context}),
    ...(module !== undefined && {module}),
    ...(scope !== undefined && {scope}),
    ...(timeoutMs !== undefined && {timing: timingOf(timeoutMs)}),
  })
  const wanted = entries.filter(({group, title}) => `${group}: ${title}`.toLowerCase().includes(only.toLowerCase()))
  const run = async (title: string): Promise<void> => await runs.get(title)?.()
  return [...wanted, CLEAN_UP].map(entry => ({...entry, run: () => run(entry.title)}))
}

/** Runs a sentence to its end, or gives up waiting for it. */
async function tryOut(
  {run}: Sentence,
  {timeoutMs, graceMs}: {timeoutMs: number; graceMs: number},
  signal?: AbortSignal,
): Promise<{failure: string | null; hasEnded: boolean}> {
  let hasEnded = false
  const onTimeout = (): Error =>
    serviceError('HSVC_TIMEOUT', `expected an end within ${String(timeoutMs / 1000)} s, got none`)
  const bounds = {timeoutMs, graceMs, clock: systemClock, signals: [signal], onTimeout}
  try {
    await withDeadline(bounds, async () => {
      await run().finally(() => (hasEnded = true))
    })
    return {failure: null, hasEnded: true}
  } catch (error) {
    return {failure: thrownText(error), hasEnded}
  }
}

/**
 * Runs the contract against a backend, one sentence after the other, and collects what became of each; removing what is
 * left comes last. Never rejects. Empty when there is no such sentence.
 */
export async function verifyBackend(
  verification: Verification,
  suite: Suite = conformance,
): Promise<VerifiedSentence[]> {
  const {signal, timeoutMs = REAL_TIMING.deadlineMs, endingMs = ENDING_MS, onResult} = verification
  const bounds = {timeoutMs: timeoutMs * VERBS_PER_SENTENCE, graceMs: endingMs}
  const sentences = sentencesOf(verification, suite)
  if (sentences.length === 1) return []
  const results: VerifiedSentence[] = []
  let isHung = false
  for (const sentence of sentences) {
    const {group, title, exempt} = sentence
    const isLast = title === CLEAN_UP_TITLE
    const begun = systemClock.monotonic()
    const skipped = exempt ?? (isLast ? null : isHung ? HUNG : signal.aborted ? 'interrupted' : null)
    let reason = isLast && isHung ? LEFT : skipped
    if (reason === null) {
      // The last one is not interrupted: it takes away what the others made.
      const {failure, hasEnded} = await tryOut(sentence, bounds, isLast ? undefined : signal)
      isHung = !hasEnded
      reason = failure
    }
    const result = skipped !== null ? 'skipped' : reason === null ? 'passed' : 'failed'
    const durationMs = Math.round(systemClock.monotonic() - begun)
    results.push({group, title, result, durationMs, reason})
    onResult({group, title, result, durationMs, reason}, results.length, sentences.length)
  }
  return results
}
