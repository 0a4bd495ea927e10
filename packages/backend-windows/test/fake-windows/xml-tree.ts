import {DOMParser, type Element, onErrorStopParsing} from '@xmldom/xmldom'
import type {XmlElement} from './xml-element.js'

function treeOf(element: Element): XmlElement {
  const children = [...element.children].map(treeOf)
  return {
    name: element.localName ?? element.nodeName,
    namespace: element.namespaceURI,
    attributes: Object.fromEntries([...element.attributes].map(({name, value}) => [name, value])),
    children,
    text: children.length === 0 ? (element.textContent ?? '') : '',
  }
}

/** The root element of a document; throws where it is not well-formed. */
export function parseXml(text: string): XmlElement {
  // XML 1.0, section 2.11: NEL and U+2028 are characters like others, which xmldom takes for ends of lines.
  const normalizeLineEndings = (source: string): string => source.replaceAll(/\r\n?/g, '\n')
  const parser = new DOMParser({onError: onErrorStopParsing, normalizeLineEndings})
  const {documentElement} = parser.parseFromString(text, 'text/xml')
  if (documentElement === null) throw new Error('expected a root element, got none')
  return treeOf(documentElement)
}
