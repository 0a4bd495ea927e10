/** A text with a moving mark on a terminal. */
export interface Progress {
  /** Replaces the text. */
  update(text: string): void
  /** Wipes the line. */
  stop(): void
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 80
/** Empties the line that the cursor of a terminal is on. */
export const WIPE = '\r\u001b[K'

/** Shows progress on a terminal; without a stream it does nothing. */
export function startProgress(text: string, stream: NodeJS.WriteStream | null): Progress {
  let shown = text
  let frame = 0
  const draw = (): void => {
    const mark = FRAMES[frame++ % FRAMES.length] ?? ''
    stream?.write(`${WIPE}${`${mark} ${shown}`.slice(0, (stream.columns || 80) - 1)}`)
  }
  // Unreferenced: it never keeps the program running.
  const timer = stream === null ? null : setInterval(draw, FRAME_MS).unref()
  return {
    update(next) {
      shown = next
    },
    stop() {
      if (timer === null) return
      clearInterval(timer)
      stream?.write(WIPE)
    },
  }
}
