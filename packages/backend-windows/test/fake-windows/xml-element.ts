/** An element of a task, which has either children or a text. */
export interface XmlElement {
  readonly name: string
  readonly namespace: string | null
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  readonly text: string
}

/** The first child of this name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find(child => child.name === name)
}

/** The text at the end of a path of first children, without blanks around it. */
export function textAt(element: XmlElement, ...names: string[]): string | undefined {
  let at: XmlElement | undefined = element
  for (const name of names) at = childOf(at, name)
  return at?.text.trim()
}

/** The same element with that text at the end of a path of first children, which are added where they are missing. */
export function withTextAt(element: XmlElement, text: string, ...names: string[]): XmlElement {
  const [name, ...rest] = names
  if (name === undefined) return {...element, text}
  const {namespace} = element
  const child = childOf(element, name) ?? {name, namespace, attributes: {}, children: [], text: ''}
  const changed = withTextAt(child, text, ...rest)
  const children = element.children.includes(child)
    ? element.children.map(each => (each === child ? changed : each))
    : [...element.children, changed]
  return {...element, children}
}

const ESCAPES: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, character => ESCAPES[character] ?? character)
}

function renderElement({name, attributes, children, text}: XmlElement, indent: string): string {
  const start = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${escape(value)}"`)].join(' ')
  if (children.length > 0) {
    const inner = children.map(child => renderElement(child, `${indent}  `)).join('')
    return `${indent}<${start}>\r\n${inner}${indent}</${name}>\r\n`
  }
  return text === '' ? `${indent}<${start} />\r\n` : `${indent}<${start}>${escape(text)}</${name}>\r\n`
}

/** The document with this root, as Windows lays it out. */
export function renderXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-16"?>\r\n${renderElement(root, '')}`
}
