import {DOMParser, type Element, onErrorStopParsing} from '@xmldom/xmldom'

// `parse` of the package plist reads on after an error, writes it to the terminal, and changes the ends of lines as below.
const parser = new DOMParser({
  onError: onErrorStopParsing,
  // The default is XML 1.1, which takes NEL and U+2028 for ends of lines as well.
  normalizeLineEndings: text => text.replaceAll(/\r\n?/g, '\n'),
})

function textOf(element: Element): string {
  return element.textContent ?? ''
}

function numberIn(element: Element): number {
  const text = textOf(element).trim()
  const value = Number(text)
  if (text === '' || Number.isNaN(value)) throw new TypeError(`expected a number, got ${text}`)
  return value
}

function dictionaryIn(element: Element): Readonly<Record<string, unknown>> {
  const children = [...element.children]
  const entries: [key: string, value: unknown][] = []
  for (let at = 0; at < children.length; at += 2) {
    const [key, value] = children.slice(at, at + 2)
    if (key?.nodeName !== 'key' || value === undefined)
      throw new TypeError('expected keys and values in turn, got another order')
    entries.push([textOf(key), valueOf(value)])
  }
  return Object.fromEntries(entries)
}

function valueOf(element: Element): unknown {
  switch (element.nodeName) {
    case 'dict':
      return dictionaryIn(element)
    case 'array':
      return [...element.children].map(valueOf)
    case 'true':
    case 'false':
      return element.nodeName === 'true'
    case 'integer':
    case 'real':
      return numberIn(element)
    case 'string':
    case 'date':
    case 'data':
      return textOf(element)
    default:
      throw new TypeError(`expected a value of a property list, got ${element.nodeName}`)
  }
}

/**
 * The dictionary in somebody else's XML plist, with dates and data as their text; null for another format, for what is not
 * well-formed, and for a plist whose outermost value is no dictionary. Of entities only XML's own are resolved, and nothing
 * is fetched. Pure.
 */
export function parsePlist(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const root = parser.parseFromString(text.trimStart(), 'text/xml').documentElement
    const [outermost, ...others] = root?.nodeName === 'plist' ? [...root.children] : []
    return outermost?.nodeName === 'dict' && others.length === 0 ? dictionaryIn(outermost) : null
  } catch {
    return null
  }
}
