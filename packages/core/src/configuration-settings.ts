import {isAbsolute} from 'node:path'

/** One setting: its key in files, its field in Configuration, and how a value is read. */
export interface Setting {
  readonly key: string
  /** Where it goes in Configuration; differs from the key where the unit is part of the name there. */
  readonly field: string
  readonly fallback: unknown
  /** What is accepted, for messages. */
  readonly expected: string
  /** The parsed value, or undefined when it is not acceptable. */
  readonly parse: (value: unknown) => unknown
  /** Turns a parsed value into what a file would have, where that differs. */
  readonly show?: (value: unknown) => unknown
  /** Turns the text of an environment variable into what `parse` takes; default: the text itself. */
  readonly fromText?: (text: string) => unknown
}

const UNITS_MS: Readonly<Record<string, number>> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000}
const UNITS_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
}

/** Reads `5s`, `1.5m`, `300ms` as milliseconds; undefined when it is none of these. A bare number is refused: its unit would be a guess. */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value !== 'string') return value === 0 ? 0 : undefined
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(value.trim())
  if (!match) return value.trim() === '0' ? 0 : undefined
  const ms = Math.round(Number(match[1]) * (UNITS_MS[match[2] ?? ''] ?? Number.NaN))
  // setTimeout takes 31 bits; a longer one would fire at once.
  return ms <= 0x7f_ff_ff_ff ? ms : undefined
}

/** Writes milliseconds as parseDuration reads them, in the largest unit that leaves a whole number: `5s`, `1500ms`. */
export function formatDuration(ms: number): string {
  const [unit, size] = Object.entries(UNITS_MS).findLast(([, size]) => ms !== 0 && ms % size === 0) ?? ['s', 1000]
  return `${String(ms / size)}${unit}`
}

/** Reads `1MB`, `64KiB` or a whole number of bytes; undefined when it is none of these. */
export function parseSize(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? value : undefined
  if (typeof value !== 'string') return undefined
  const match = /^(\d+|\d+\.\d+(?=\s*[A-Z]))\s*(B|[KMG]i?B)?$/i.exec(value.trim())
  if (!match) return undefined
  const bytes = Math.round(Number(match[1]) * (UNITS_BYTES[(match[2] ?? 'B').toUpperCase()] ?? Number.NaN))
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && !value.includes('\0') ? value : undefined
}

function absolutePath(value: unknown): string | undefined {
  const path = text(value)
  return path !== undefined && isAbsolute(path) ? path : undefined
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every(item => typeof item === 'string') ? value : undefined
}

function command(value: unknown): string[] | undefined {
  const words = texts(value)
  return words && words.length > 0 && words[0] !== '' ? words : undefined
}

function exitCodes(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return undefined
  const codes = value.filter((code): code is number => Number.isInteger(code) && code >= 0 && code <= 255)
  return codes.length === value.length ? [...new Set(codes)].sort((a, b) => a - b) : undefined
}

function wholeNumber(min: number, max: number): (value: unknown) => number | undefined {
  return value =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined
}

function orNull(parse: (value: unknown) => unknown): (value: unknown) => unknown {
  return value => (value === null ? null : parse(value))
}

function json(textValue: string): unknown {
  try {
    return JSON.parse(textValue)
  } catch {
    return textValue
  }
}

function mapping(value: unknown): Record<string, unknown> | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  const inner = Object.values(value)
  return inner.every(item => item !== null && typeof item === 'object' && !Array.isArray(item))
    ? (value as Record<string, unknown>)
    : undefined
}

const DURATION = 'a duration such as 500ms, 5s, 2m or 1h'
const COMMAND = ['hermes', '-p', '{profile}', 'gateway', 'run'] as const

function duration(key: string, fallback: number): Setting {
  return {
    key,
    field: `${key}Ms`,
    fallback,
    expected: DURATION,
    parse: parseDuration,
    show: value => formatDuration(value as number),
  }
}

/** Every setting of the configuration, in the order of the documentation. */
export const SETTINGS: readonly Setting[] = [
  {
    key: 'backend',
    field: 'backend',
    fallback: null,
    expected: 'the kind of a backend, such as s6',
    parse: orNull(text),
  },
  {
    key: 'scope',
    field: 'scope',
    fallback: null,
    expected: 'user, system or container',
    parse: orNull(value => (value === 'user' || value === 'system' || value === 'container' ? value : undefined)),
  },
  {key: 'hermes.root', field: 'hermes.root', fallback: null, expected: 'an absolute path', parse: orNull(absolutePath)},
  {
    key: 'hermes.command',
    field: 'hermes.command',
    fallback: COMMAND,
    expected: 'a list of words, the program first (a JSON array in the environment)',
    parse: command,
    fromText: json,
  },
  {key: 'hermes.user', field: 'hermes.user', fallback: null, expected: 'the name of an account', parse: orNull(text)},
  {key: 'hermes.cwd', field: 'hermes.cwd', fallback: null, expected: 'an absolute path', parse: orNull(absolutePath)},
  duration('restart.delay', 5000),
  duration('restart.maxDelay', 300_000),
  duration('restart.window', 120_000),
  {
    key: 'restart.giveUpAfter',
    field: 'restart.giveUpAfter',
    fallback: null,
    expected: 'never, or a whole number of failed starts from 1',
    parse: value => (value === 'never' || value === null ? null : wholeNumber(1, 1_000_000)(value)),
    show: value => value ?? 'never',
    fromText: json,
  },
  {
    key: 'restart.fatalExitCodes',
    field: 'restart.fatalExitCodes',
    fallback: [78],
    expected: 'a list of exit codes from 0 to 255',
    parse: exitCodes,
    fromText: json,
  },
  {
    key: 'restart.cleanExitCodes',
    field: 'restart.cleanExitCodes',
    fallback: [0],
    expected: 'a list of exit codes from 0 to 255',
    parse: exitCodes,
    fromText: json,
  },
  duration('start.settle', 1000),
  duration('stop.timeout', 70_000),
  {
    key: 'logs.files',
    field: 'logs.files',
    fallback: 10,
    expected: 'a whole number from 1 to 1000',
    parse: wholeNumber(1, 1000),
    fromText: json,
  },
  {
    key: 'logs.size',
    field: 'logs.sizeBytes',
    fallback: 1_000_000,
    expected: 'a size such as 1MB or 64KiB',
    parse: parseSize,
    fromText: json,
  },
  {
    key: 'plugins.allow',
    field: 'plugins.allow',
    fallback: null,
    expected: 'a list of package names, or null for any',
    parse: orNull(texts),
    fromText: json,
  },
  {
    key: 'backends',
    field: 'backends',
    fallback: {},
    expected: 'a mapping of backend kinds to their settings',
    parse: mapping,
    fromText: json,
  },
]

/** The environment variable of a key: `restart.maxDelay` → HERMES_SVC_RESTART_MAX_DELAY. */
export function variableOf(key: string): string {
  return `HERMES_SVC_${key
    .replaceAll(/[A-Z]/g, letter => `_${letter}`)
    .replaceAll('.', '_')
    .toUpperCase()}`
}
