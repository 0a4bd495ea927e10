import {type Backend, systemClock} from '@hermes-svc/core'
import {CLEAN_UP_TITLE, conformance, type ConformanceOptions} from '@hermes-svc/core/conformance'
import type {VerifiedSentence} from './output/verification-output.js'

/** What is verified, and who is told. */
export interface Verification extends Pick<ConformanceOptions, 'context' | 'module' | 'scope'> {
  readonly backend: Backend
  /** Ends it early; what was made is taken away all the same. */
  readonly signal: AbortSignal
  readonly onResult: (result: VerifiedSentence, done: number, of: number) => void
}

type Suite = typeof conformance

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** Runs the contract against a backend, one sentence after the other, and collects what became of each. Never rejects. */
export async function verifyBackend(
  {backend, context, module, scope, signal, onResult}: Verification,
  suite: Suite = conformance,
): Promise<VerifiedSentence[]> {
  const runs = new Map<string, () => Promise<void>>()
  const {entries} = suite({
    test: (title, run) => runs.set(title, run),
    backend,
    ...(context && {context}),
    ...(module !== undefined && {module}),
    ...(scope !== undefined && {scope}),
  })
  const last = {group: 'suite', title: CLEAN_UP_TITLE, exempt: null}
  const results: VerifiedSentence[] = []
  for (const {group, title, exempt} of [...entries, last]) {
    const begun = systemClock.monotonic()
    const skipped = exempt ?? (signal.aborted && title !== CLEAN_UP_TITLE ? 'interrupted' : null)
    const failure = skipped ?? (await attempt(runs.get(title)))
    const result = skipped !== null ? 'skipped' : failure === null ? 'passed' : 'failed'
    const durationMs = Math.round(systemClock.monotonic() - begun)
    results.push({group, title, result, durationMs, reason: failure})
    onResult({group, title, result, durationMs, reason: failure}, results.length, entries.length + 1)
  }
  return results
}

async function attempt(run: (() => Promise<void>) | undefined): Promise<string | null> {
  try {
    await run?.()
    return null
  } catch (error) {
    return reasonOf(error)
  }
}
