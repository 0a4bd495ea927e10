import {createHash} from 'node:crypto'
import {DOMParser, type Element, type Node} from '@xmldom/xmldom'

const MARKER = /^hermes-svc ([0-9a-f]{16}) ([0-9a-f]{16})$/
/** What belongs to the machine or to a moment, and what Windows writes in another way than it was given. */
const PASSING = /(?:^|\/)(?:UserId|URI|Author|Date|Source|SecurityDescriptor)$|^Task\/Settings\/Enabled$/
/** Without these a task starts nothing, or not when it should. */
const NEEDED = ['LogonTrigger', 'TimeTrigger', 'Exec']

/** A task as it is registered. */
export interface TaskDefinition {
  /** Digests of the directory and of the definition that it was made for; null in somebody else's. */
  readonly marker: {readonly directory: string; readonly definition: string} | null
  readonly isEnabled: boolean
  readonly args: string
  /** The text of each element that has no others in it, by its path. */
  readonly leaves: ReadonlyMap<string, string>
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** What tells a task of ours from others': by the runner directory whose it is. Pure. */
export function directoryDigest(directory: string): string {
  return digest(directory)
}

/** The text by which a task is known again; `definition` is all else that it is made of. Pure. */
export function taskSource(directory: string, definition: string): string {
  return `hermes-svc ${directoryDigest(directory)} ${digest(definition)}`
}

function isElement(node: Node): node is Element {
  return node.nodeType === node.ELEMENT_NODE
}

function collect(element: Element, path: string, leaves: Map<string, string>): void {
  const children = Array.from(element.childNodes).filter(isElement)
  if (children.length === 0) leaves.set(path, (element.textContent ?? '').trim())
  for (const child of children) collect(child, `${path}/${child.localName ?? ''}`, leaves)
}

/** As XML 1.0 has it (section 2.11); xmldom would end lines at characters of XML 1.1 too. */
function normalizeLineEndings(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n')
}

/** Parses the XML of a task; null for what is none. Pure. */
export function parseTask(xml: string): TaskDefinition | null {
  let root: Element | null
  try {
    const strict = (level: string, message: string): void => {
      if (level !== 'warning') throw new Error(message)
    }
    root = new DOMParser({onError: strict, normalizeLineEndings}).parseFromString(xml, 'text/xml').documentElement
  } catch {
    return null
  }
  if (root?.localName !== 'Task') return null
  const leaves = new Map<string, string>()
  collect(root, 'Task', leaves)
  const [, directory, definition] = MARKER.exec(leaves.get('Task/RegistrationInfo/Source') ?? '') ?? []
  return {
    marker: directory === undefined || definition === undefined ? null : {directory, definition},
    isEnabled: leaves.get('Task/Settings/Enabled') !== 'false',
    args: leaves.get('Task/Actions/Exec/Arguments') ?? '',
    leaves,
  }
}

/** Characters that a code page may not have, and what it has instead of them, are all the same. */
function withoutLost(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+|\?+/g, '?')
}

/** Whether somebody has changed what a task does since it was registered. Windows may add what is not said, and leave out what is usual. Pure. */
export function isChanged(registered: TaskDefinition, made: TaskDefinition): boolean {
  const names = ({leaves}: TaskDefinition): string => [...leaves.keys()].join('\n')
  const [there, ours] = [names(registered), names(made)]
  if (NEEDED.some(name => ours.includes(`/${name}/`) && !there.includes(`/${name}/`))) return true
  return [...made.leaves].some(([path, text]) => {
    const found = registered.leaves.get(path)
    return found !== undefined && !PASSING.test(path) && withoutLost(found) !== withoutLost(text)
  })
}
