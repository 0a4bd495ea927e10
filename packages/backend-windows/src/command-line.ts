/**
 * Quotes an argument so that CommandLineToArgvW and the C runtime read it back unchanged: backslashes count as themselves
 * except before a quotation mark, where they are doubled.
 */
export function quoteArgument(argument: string): string {
  if (/^[^\s"]+$/.test(argument)) return argument
  return `"${argument.replaceAll(/(\\*)"/g, String.raw`$1$1\"`).replace(/(\\+)$/, '$1$1')}"`
}

/** A command line whose words, the program first, are read back unchanged. */
export function joinArguments(args: readonly string[]): string {
  return args.map(quoteArgument).join(' ')
}
