import {writeSync} from 'node:fs'
import type {CodePage} from './code-page.js'

async function encode(text: string, codePage: CodePage): Promise<Buffer> {
  if (!/[^\0-\x7f]/.test(text)) return Buffer.from(text, 'latin1')
  // Tables of code pages take a while, and most output needs none.
  const {encodeText} = await import('./code-page.js')
  return encodeText(text, codePage)
}

/** Writes text in a console's code page; where nobody reads it any more it is lost. */
export async function writeOutput(descriptor: 1 | 2, text: string, codePage: CodePage): Promise<void> {
  let bytes = await encode(text, codePage)
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes))
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw error
    }
  }
}
