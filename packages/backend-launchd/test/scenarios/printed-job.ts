/**
 * The lines of `launchctl print` that are the job's own: those with exactly one TAB, since nested blocks have a `state`
 * too. Written anew here, so that the backend's reading of them is not held to itself.
 */
export class PrintedJob {
  readonly text: string
  readonly #values: ReadonlyMap<string, string>

  constructor(text: string) {
    this.text = text
    const lines = [...text.matchAll(/^\t(?!\t)(.+?) = (.*)$/gm)]
    this.#values = new Map(lines.map(([, key = '', value = '']) => [key, value]))
  }

  /** null where there is no such line. */
  value(key: string): string | null {
    return this.#values.get(key) ?? null
  }

  get state(): string | null {
    return this.value('state')
  }

  get pid(): number | null {
    const pid = Number(this.value('pid') ?? 0)
    return pid > 0 ? pid : null
  }

  /** How often it was started since it was loaded. */
  get runs(): number {
    return Number(this.value('runs') ?? 0)
  }

  /** The line about the last end, as it is. */
  get lastExit(): string {
    const keys = ['last exit code', 'last exit status', 'last terminating signal']
    return keys.flatMap(key => this.value(key) ?? []).join(', ')
  }

  /** The argument vector. */
  get argv(): string[] {
    const [, block = ''] = /^\targuments = \{\n((?:\t\t.*\n)*)\t\}/m.exec(this.text) ?? []
    return block.split('\n').flatMap(line => (line.startsWith('\t\t') ? [line.slice(2)] : []))
  }
}
