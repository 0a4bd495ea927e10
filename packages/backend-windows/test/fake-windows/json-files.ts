import {appendFileSync, readFileSync, renameSync, writeFileSync} from 'node:fs'

/** Replaces a JSON file whole, so that a reader in another process never meets half of it. */
export function writeJson(path: string, value: unknown): void {
  const staged = `${path}.${String(process.pid)}`
  writeFileSync(staged, JSON.stringify(value))
  renameSync(staged, path)
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** The value of a JSON file; the fallback where there is none yet. */
export function readJson<T>(path: string, fallback: T): T {
  const text = readText(path)
  return text === null ? fallback : (JSON.parse(text) as T)
}

/** Adds a value as a line. */
export function appendJson(path: string, value: unknown): void {
  appendFileSync(path, `${JSON.stringify(value)}\n`)
}

/** The values of all lines so far. */
export function readJsonLines<T>(path: string): T[] {
  const lines = (readText(path) ?? '').split('\n')
  return lines.filter(line => line !== '').map(line => JSON.parse(line) as T)
}
