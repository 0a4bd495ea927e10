import {usageError} from '../usage-error.js'

/** Reads the argv of --command-file: a JSON array of strings, the program first. Throws HSVC_USAGE. */
export function parseCommandFile(text: string): string[] {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    // The same answer as for JSON of another shape.
  }
  if (Array.isArray(data) && data.length > 0 && data.every(word => typeof word === 'string')) return data
  throw usageError('--command-file: expected a JSON array of strings with the program first, got something else')
}
