import {readFileSync} from 'node:fs'

/**
 * The data of a JSON file; undefined where it is no JSON, for a parser to tell what is wrong with it. Throws the system's
 * error.
 */
export function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
