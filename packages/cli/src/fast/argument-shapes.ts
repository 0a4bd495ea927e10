/** What a fast command takes, as the manifest of the commands says it. */
export interface ArgumentShape {
  /** Whether it takes names of profiles. */
  readonly takesNames: boolean
  /** Flags with a value: what the value has to be one of, and whether there may be several. */
  readonly options: Readonly<Record<string, {readonly values: readonly string[] | null; readonly multiple: boolean}>>
}

/** Shapes by the ids of their commands, such as `gateway:list`. */
export type ArgumentShapes = Readonly<Record<string, ArgumentShape>>

/** A command line that needs no parser. */
export interface FastCall {
  readonly id: string
  readonly names: readonly string[]
  /** Values of flags, in the order given. */
  readonly values: Readonly<Record<string, readonly string[]>>
}

/**
 * Reads a command line that has exactly one of the shapes, with `--json` and with each flag apart from its value; null for
 * any other, which oclif's parser reads, whatever is wrong with it. Pure.
 */
export function readCall(argv: readonly string[], shapes: ArgumentShapes): FastCall | null {
  const [first = '', second = ''] = argv
  const id = Object.hasOwn(shapes, first) ? first : `${first}:${second}`
  const shape = Object.hasOwn(shapes, id) ? shapes[id] : undefined
  if (shape === undefined || (id !== first && first.includes(':'))) return null
  const names: string[] = []
  const values: Record<string, string[]> = {}
  let isJson = false
  for (let index = id === first ? 1 : 2; index < argv.length; index += 1) {
    const word = argv[index] ?? ''
    const name = word.startsWith('--') ? word.slice(2) : ''
    if (word === '--json' && !isJson) isJson = true
    else if (Object.hasOwn(shape.options, name)) {
      const option = shape.options[name]
      const value = argv[(index += 1)] ?? ''
      if (option === undefined || value === '' || value.startsWith('-')) return null
      if (option.values?.includes(value) === false || (!option.multiple && name in values)) return null
      ;(values[name] ??= []).push(value)
    } else if (shape.takesNames && word !== '' && !word.startsWith('-')) names.push(word)
    else return null
  }
  return isJson ? {id, names, values} : null
}
