import {realpathSync} from 'node:fs'
import {pathToFileURL} from 'node:url'
import type {BackendPackage} from '@hermes-svc/core'

interface Suspect {
  readonly name: string
  /** What a line of a stack begins a path in it with. */
  readonly places: readonly string[]
  readonly warn: (message: string) => void
}

const suspects: Suspect[] = []

function places(root: string): string[] {
  try {
    // A stack shows where a link leads.
    return [...new Set([root, realpathSync(root)])].flatMap(path => [`${path}/`, `${pathToFileURL(path).href}/`])
  } catch {
    return []
  }
}

/** From now on, what third-party packages throw when nobody waits for it is a warning. */
export function expectStrays(packages: readonly BackendPackage[], warn: (message: string) => void): void {
  const strangers = packages.filter(({source}) => source !== 'bundled')
  suspects.push(...strangers.map(({name, root}) => ({name, places: places(root), warn})))
}

/** The third-party package that a stack leads through; null when there is none. */
function suspectIn(stack: string | undefined): Suspect | null {
  return suspects.find(suspect => suspect.places.some(place => stack?.includes(place))) ?? null
}

/** The third-party package that called what is running now; null when none did. */
export function callingPackage(): string | null {
  return suspectIn(new Error('').stack)?.name ?? null
}

/** Warns of an error that a third-party package threw in its own time; false when it was thrown by anything else. */
export function takeStray(thrown: unknown): boolean {
  const {stack, message} = thrown instanceof Error ? thrown : {}
  const culprit = suspectIn(stack)
  culprit?.warn(`${culprit.name} failed while nobody waited for it: ${message ?? ''}`)
  return culprit !== null
}
