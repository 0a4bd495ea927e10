import {joinArguments} from './command-line.js'

/** The languages that the Windows Script Host knows. VBScript is about to go away, JScript stays. */
export type ScriptEngine = 'vbscript' | 'jscript'

/** What a launcher does. */
export interface LauncherSpec {
  /** For people who open it. ASCII. */
  readonly title: string
  /** What it runs without a window, the program first. */
  readonly program: readonly string[]
  /** Files without which it does nothing: a message at logon about something that was removed would help nobody. */
  readonly required: readonly string[]
  /** Whether it stays as long as the program, so that a task counts as running. */
  readonly waits: boolean
}

/** Exit code where something is missing: ERROR_FILE_NOT_FOUND. */
const MISSING = 2
/** SW_HIDE of ShowWindow. */
const HIDDEN = 0

/** Every language. */
export const ENGINES: readonly ScriptEngine[] = ['vbscript', 'jscript']

/** The end of a launcher's file name. */
export const EXTENSIONS: Readonly<Record<ScriptEngine, string>> = {vbscript: '.vbs', jscript: '.js'}

/**
 * A literal of ASCII characters only: scripts are read in the code page of whoever runs them. VBScript has no escapes, and
 * makes other characters by their numbers.
 */
function vbscriptLiteral(text: string): string {
  const pieces = text.match(/[\x20-\x7e]+|[^\x20-\x7e]/g) ?? ['']
  return pieces
    .map(piece =>
      /^[\x20-\x7e]*$/.test(piece) ? `"${piece.replaceAll('"', '""')}"` : `ChrW(${String(piece.charCodeAt(0))})`,
    )
    .join(' & ')
}

function jscriptLiteral(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^\x20-\x7e]/g,
    character => String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function vbscript({title, program, required, waits}: LauncherSpec): string[] {
  const run = `shell.Run(${vbscriptLiteral(joinArguments(program))}, ${String(HIDDEN)}, ${waits ? 'True' : 'False'})`
  return [
    `' ${title}`,
    'Option Explicit',
    'Dim files, shell',
    'Set files = CreateObject("Scripting.FileSystemObject")',
    ...required.map(path => `If Not files.FileExists(${vbscriptLiteral(path)}) Then WScript.Quit ${String(MISSING)}`),
    'Set shell = CreateObject("WScript.Shell")',
    `WScript.Quit ${run}`,
  ]
}

function jscript({title, program, required, waits}: LauncherSpec): string[] {
  const run = `shell.Run(${jscriptLiteral(joinArguments(program))}, ${String(HIDDEN)}, ${String(waits)})`
  return [
    `// ${title}`,
    'var files = new ActiveXObject("Scripting.FileSystemObject");',
    ...required.map(path => `if (!files.FileExists(${jscriptLiteral(path)})) WScript.Quit(${String(MISSING)});`),
    'var shell = new ActiveXObject("WScript.Shell");',
    `WScript.Quit(${run});`,
  ]
}

/** The script that starts a runner without a window: values are never in it, only where the runner finds them. Pure. */
export function renderLauncher(engine: ScriptEngine, launcher: LauncherSpec): string {
  const lines = engine === 'vbscript' ? vbscript(launcher) : jscript(launcher)
  return [...lines, ''].join('\r\n')
}
