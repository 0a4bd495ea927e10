import {spawnSync} from 'node:child_process'
import test from 'ava'

const SCRIPT = `
import base64, json, sys
from xml.etree import ElementTree

def leaves(element, path):
    children = list(element)
    if not children: yield [path, element.text or ""]
    for child in children: yield from leaves(child, path + "/" + child.tag.split("}")[-1])

def load(file):
    try: return {"leaves": list(leaves(ElementTree.fromstring(base64.b64decode(file)), "Task"))}
    except Exception as error: return {"error": type(error).__name__}

json.dump([load(file) for file in json.load(sys.stdin)], sys.stdout)
`

/** What expat makes of a file: the text of each element without others in it, by its path; without them where it refuses it. */
export interface Loaded {
  readonly leaves?: readonly (readonly [path: string, text: string])[]
  readonly error?: string
}

function runPython(files: readonly Buffer[]) {
  return spawnSync('python3', ['-c', SCRIPT], {
    input: JSON.stringify(files.map(bytes => bytes.toString('base64'))),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
}

const isThere = runPython([]).stdout === '[]'

/** For tests that have a task read by a parser that is none of ours: `test`, or a skip; `why` goes to the end of their titles. */
export const withExpat = isThere ? test : test.skip
export const why = isThere ? '' : ' (skipped: needs python3)'

/** Reads files with Python's expat, by their bytes. */
export function loadWithExpat(files: readonly Buffer[]): Loaded[] {
  const {stdout, stderr} = runPython(files)
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as Loaded[]
}
