import {execFile} from 'node:child_process'
import {win32} from 'node:path'
import {promisify} from 'node:util'

/** A process of Windows as the class Win32_Process has it (learn.microsoft.com/windows/win32/cimwin32prov/win32-process). */
export interface WindowsProcess {
  readonly pid: number
  /** The process that made it. That one may have ended since, and its number be another's. */
  readonly parent: number
  /** Milliseconds since the epoch, by the machine's clock at that moment. */
  readonly createdAtMs: number
  /** Empty where it may not be read. In the console's code page, so that only its ASCII can be relied on. */
  readonly commandLine: string
}

/** Runs a program and gives its standard output; rejects for whatever keeps it from an answer. */
export type RunForOutput = (file: string, args: readonly string[]) => Promise<Uint8Array>

const TOOL_MS = 10_000
const OUTPUT_LIMIT_BYTES = 32 * 1024 * 1024
/** From the beginning of 1601, where Windows counts from, to that of 1970. Milliseconds. */
const EPOCH_MS = 11_644_473_600_000
const TICKS_PER_MS = 10_000

// In the order of wmic, which ends with the property that closes a record.
const POWERSHELL_SCRIPT = [
  'Get-CimInstance Win32_Process | Where-Object CreationDate | ForEach-Object {',
  "'CommandLine=' + ($_.CommandLine -replace '\\s', ' ');",
  "'CreationDate=' + $_.CreationDate.ToFileTimeUtc();",
  "'ParentProcessId=' + $_.ParentProcessId;",
  "'ProcessId=' + $_.ProcessId }",
].join(' ')

/** Milliseconds since the epoch of a file time or of a CIM_DATETIME, `yyyymmddHHMMSS.mmmmmm` and minutes from UTC; NaN for others. */
function parseTime(text: string): number {
  if (/^\d{17,}$/.test(text)) return Math.floor(Number(text) / TICKS_PER_MS) - EPOCH_MS
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.(\d{3})\d{3}([+-]\d{3})$/.exec(text)
  if (match === null) return NaN
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0, ms = 0, offset = 0] = match
    .slice(1)
    .map(Number)
  return Date.UTC(year, month - 1, day, hours, minutes - offset, seconds, ms)
}

function decode(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // wmic writes UTF-16 to what is no console.
  return buffer[1] === 0 || (buffer[0] === 0xff && buffer[1] === 0xfe)
    ? buffer.toString('utf16le')
    : buffer.toString('latin1')
}

/** Reads records of `Name=value` lines, as `wmic … /value` prints them. What is no whole record is passed over. Pure. */
export function parseWindowsProcesses(bytes: Uint8Array): WindowsProcess[] {
  const processes: WindowsProcess[] = []
  let record: Record<string, string> = {}
  for (const line of decode(bytes).split(/[\r\n]+/)) {
    const [, name = '', value = ''] = /^\uFEFF?(\w+)=(.*)$/.exec(line) ?? []
    record[name] = value.trim()
    if (name !== 'ProcessId') continue
    const {CommandLine: commandLine = '', CreationDate = '', ParentProcessId = '', ProcessId = ''} = record
    const createdAtMs = parseTime(CreationDate)
    if (!Number.isNaN(createdAtMs) && /^\d+$/.test(ParentProcessId) && /^\d+$/.test(ProcessId))
      processes.push({pid: Number(ProcessId), parent: Number(ParentProcessId), createdAtMs, commandLine})
    record = {}
  }
  return processes
}

const runForOutput: RunForOutput = async (file, args) => {
  const options = {encoding: 'buffer', timeout: TOOL_MS, maxBuffer: OUTPUT_LIMIT_BYTES, windowsHide: true} as const
  const running = promisify(execFile)(file, args, options)
  // wmic waits for the end of its input.
  running.child.stdin?.end()
  return (await running).stdout
}

/**
 * Every process of this Windows machine, from wmic, which newer releases lack, or else from PowerShell, which is slower.
 * Rejects with both reasons where neither answers.
 */
export async function listWindowsProcesses(
  run: RunForOutput = runForOutput,
  systemRoot: string = process.env['SystemRoot'] ?? 'C:\\Windows',
): Promise<WindowsProcess[]> {
  const system = win32.join(systemRoot, 'System32')
  const properties = 'CommandLine,CreationDate,ParentProcessId,ProcessId'
  const tools: readonly (readonly [file: string, args: readonly string[]])[] = [
    [win32.join(system, 'wbem', 'WMIC.exe'), ['process', 'get', properties, '/value']],
    [
      win32.join(system, 'WindowsPowerShell', 'v1.0', 'powershell.exe'),
      ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', POWERSHELL_SCRIPT],
    ],
  ]
  const reasons: string[] = []
  for (const [file, args] of tools) {
    try {
      const processes = parseWindowsProcesses(await run(file, args))
      if (processes.length > 0) return processes
      reasons.push(`${file} printed none`)
    } catch (error) {
      reasons.push(`${file}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`)
    }
  }
  throw new Error(`expected a list of processes, got none (${reasons.join('; ')})`)
}
