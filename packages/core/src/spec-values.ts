import {serviceError} from './errors/service-error.js'

const ENVIRONMENT_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

/** MAX_ARG_STRLEN of Linux, execve(2): what one word or one variable may take, with the byte that ends it. */
const LONGEST_BYTES = 131_072

function undeliverable(text: string): string | null {
  const bytes = Buffer.byteLength(text) + 1
  if (bytes > LONGEST_BYTES) return `${String(bytes)} bytes, where ${String(LONGEST_BYTES)} is the most`
  if (text.includes('\0')) return 'a NUL byte, which ends a string for the operating system'
  if (text.includes('\u{FFFD}')) return 'U+FFFD, which is what bytes that are not UTF-8 turn into'
  return LONE_SURROGATE.test(text) ? 'half of a surrogate pair, which has no UTF-8 form' : null
}

/** Refuses a text that cannot reach a process byte for byte. Throws HSVC_INVALID_SPEC naming the field; the text itself is not shown. */
export function assertDeliverable(field: string, text: unknown): asserts text is string {
  if (typeof text !== 'string') {
    throw serviceError('HSVC_INVALID_SPEC', `${field}: expected text, got ${text === null ? 'null' : typeof text}`)
  }
  const reason = undeliverable(text)
  if (reason !== null) {
    throw serviceError('HSVC_INVALID_SPEC', `${field}: expected text that any program can be given, got ${reason}`, {
      hint: 'pass it in a file instead, or encode it',
    })
  }
}

/** Refuses environment keys that some init system would drop or misread, and values that cannot be delivered. */
export function assertEnvironment(env: Readonly<Record<string, unknown>>): asserts env is Record<string, string> {
  for (const [key, value] of Object.entries(env)) {
    if (!ENVIRONMENT_KEY.test(key)) {
      throw serviceError(
        'HSVC_INVALID_SPEC',
        `environment: expected a key of letters, digits and _ that starts with no digit, got ${JSON.stringify(key)}`,
      )
    }
    assertDeliverable(`environment ${key}`, value)
    // A variable is handed over together with its name.
    assertDeliverable(`environment ${key}`, `${key}=${value}`)
  }
}

/** Refuses what is not a TCP port. */
export function assertPort(port: unknown): asserts port is number | null {
  if (port === null) return
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw serviceError(
      'HSVC_INVALID_SPEC',
      `port: expected a whole number from 1 to 65535, got ${JSON.stringify(port)}`,
    )
  }
}
