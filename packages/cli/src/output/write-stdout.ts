type Write = (text: string | Uint8Array, onFlushed?: () => void) => boolean

let own: Write | null = null

/** Leaves stdout to `writeStdout`, for a document that no plugin's words may get into: all others go to stderr. */
export function claimStdout(): void {
  const {stdout, stderr} = process
  own ??= stdout.write.bind(stdout)
  stdout.write = stderr.write.bind(stderr)
}

/** Writes to stdout, also when it was claimed; `onFlushed` is called when the text has left the program. */
export function writeStdout(text: string | Uint8Array, onFlushed?: () => void): void {
  if (own === null) process.stdout.write(text, onFlushed)
  else own(text, onFlushed)
}
