import {spawnSync} from 'node:child_process'
import test from 'ava'

// Types that JSON has not, or not as such, are named.
const SCRIPT = `
import json, plistlib, sys

def plain(value):
    if isinstance(value, dict): return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list): return [plain(inner) for inner in value]
    if value is None or isinstance(value, (str, bool, int)): return value
    return {type(value).__name__: str(value)}

def load(text):
    try: return {"value": plain(plistlib.loads(text.encode("utf-8", "surrogatepass"), fmt=plistlib.FMT_XML))}
    except Exception as error: return {"error": type(error).__name__}

json.dump([load(text) for text in json.load(sys.stdin)], sys.stdout)
`

/** What Python makes of a plist; without a value where it refuses it. */
export interface Loaded {
  readonly value?: unknown
  readonly error?: string
}

function runPython(texts: readonly string[]) {
  return spawnSync('python3', ['-c', SCRIPT], {
    // JSON with nothing but ASCII in it, so that what is no text gets there as well.
    input: JSON.stringify(texts).replaceAll(
      /[^ -~]/g,
      unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
}

const isThere = runPython([]).stdout === '[]'

/** For tests that hold a plist to plistlib of Python: `test`, or a skip; `why` goes to the end of their titles. */
export const withPlistlib = isThere ? test : test.skip
export const why = isThere ? '' : ' (skipped: no python3 with plistlib)'

/** Reads plists with Python's plistlib, which is expat and nothing of ours. */
export function loadWithPython(texts: readonly string[]): Loaded[] {
  const {stdout, stderr} = runPython(texts)
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as Loaded[]
}
