import {readFileSync} from 'node:fs'
import {findTaskProblem, type TaskProblem} from './check-task.js'
import {FAILURE} from './results.js'
import type {XmlElement} from './xml-element.js'

/** A definition that Windows takes, or why not. */
export type TaskFile = {readonly definition: XmlElement} | {readonly problem: TaskProblem}

function decode(bytes: Buffer): string | null {
  if (bytes[0] !== 0xff || bytes[1] !== 0xfe || bytes.length % 2 !== 0) return null
  return bytes.toString('utf16le', 2)
}

/** Reads what /XML names. Only UTF-16 with a byte order mark is read, as Windows writes it itself. */
export async function readTaskFile(path: string): Promise<TaskFile> {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    return {problem: {failure: FAILURE.fileNotFound, where: ''}}
  }
  const malformed: TaskFile = {problem: {failure: FAILURE.malformedXml, where: '(1,40)::'}}
  const text = decode(bytes)
  if (text === null || !/^<\?xml version="1\.0" encoding="UTF-16"\?>/i.test(text)) return malformed
  // Only /Create parses anything.
  const {parseXml} = await import('./xml-tree.js')
  let definition: XmlElement
  try {
    definition = parseXml(text)
  } catch {
    return malformed
  }
  const problem = findTaskProblem(definition)
  return problem === null ? {definition} : {problem}
}
