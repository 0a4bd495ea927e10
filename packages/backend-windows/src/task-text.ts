const UTF_16_MARK = Buffer.from([0xff, 0xfe])

/**
 * What `schtasks /Query /XML` printed, without the declaration, which says UTF-16 whatever the bytes are: to a pipe it writes
 * in the code page of the console. All that is asked of the text is ASCII. Pure.
 */
export function decodeTaskText(bytes: Buffer): string {
  const isUtf16 = bytes.subarray(0, 2).equals(UTF_16_MARK)
  const text = isUtf16 ? bytes.subarray(2).toString('utf16le') : bytes.toString('latin1')
  return text.replace(/^\s*<\?xml[^>]*\?>\s*/, '')
}
