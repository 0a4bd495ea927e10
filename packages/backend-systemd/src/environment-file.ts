/** What the first line of an environment file of ours begins with. */
const HEADER = '# hermes-svc '

/** What the header of an environment file says of the definition that it belongs to. */
export interface EnvironmentHeader {
  readonly specHash: string
  readonly port: number | null
}

/**
 * The file that EnvironmentFile= names. Values stand in double quotes, where only `"` and `\` are escaped and everything
 * else, line ends included, is as it is (systemd.exec). The hash of the whole spec is here and not in the unit, which
 * everybody can read: from a hash a short secret could be guessed. Pure.
 */
export function renderEnvironmentFile(env: Readonly<Record<string, string>>, header: EnvironmentHeader): string {
  const lines = Object.keys(env)
    .sort()
    .map(key => `${key}="${(env[key] ?? '').replaceAll(/["\\]/g, '\\$&')}"\n`)
  return `${HEADER}${JSON.stringify(header)}\n${lines.join('')}`
}

/** Reads the header back; null for a file that has none. Pure. */
export function parseEnvironmentHeader(text: string): EnvironmentHeader | null {
  const [line = ''] = text.split('\n', 1)
  if (!line.startsWith(HEADER)) return null
  try {
    const {specHash, port} = JSON.parse(line.slice(HEADER.length)) as Partial<EnvironmentHeader>
    return typeof specHash === 'string' ? {specHash, port: typeof port === 'number' ? port : null} : null
  } catch {
    return null
  }
}
