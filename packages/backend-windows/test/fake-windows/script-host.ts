import {spawn, spawnSync} from 'node:child_process'
import {existsSync, statSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expandVariables, splitCommandLine} from './command-line.js'

/** Ends a script with an exit code. */
export class Quit extends Error {
  readonly code: number

  constructor(code: number) {
    super('the script has quit')
    this.code = code
  }
}

/** What a script has around it. */
export interface ScriptSurroundings {
  readonly path: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Told of each window that a script opens. */
  readonly onWindow: (what: string) => void
}

/** The objects that a script may ask for, which are all that launchers need. */
export interface ScriptHost {
  readonly WScript: object
  createObject(name: string): object
}

const HIDDEN = 0

function isKind(path: string, kind: 'isFile' | 'isDirectory'): boolean {
  return existsSync(path) && statSync(path)[kind]()
}

function createShell({env, onWindow}: ScriptSurroundings): object {
  return {
    CurrentDirectory: process.cwd(),
    ExpandEnvironmentStrings: (text: string) => expandVariables(text, env),
    /** The exit code where it waits, otherwise 0. Throws where there is no such program. */
    Run(this: {CurrentDirectory: string}, line: string, style = 1, waits = false): number {
      const [program = '', ...args] = splitCommandLine(expandVariables(line, env))
      if (!isKind(program, 'isFile')) throw new Error(`expected a program, got ${program}`)
      if (style !== HIDDEN) onWindow(line)
      // Nothing ties it to the process that starts it, as on Windows.
      const options = {cwd: this.CurrentDirectory, env, detached: true, stdio: 'ignore'} as const
      if (!waits) {
        spawn(program, args, options).unref()
        return 0
      }
      return spawnSync(program, args, options).status ?? 1
    },
  }
}

function createFileSystem(): object {
  return {
    FileExists: (path: string) => isKind(path, 'isFile'),
    FolderExists: (path: string) => isKind(path, 'isDirectory'),
    GetParentFolderName: (path: string) => dirname(path),
    BuildPath: (path: string, name: string) => join(path, name),
  }
}

/** What Windows Script Host gives to a script. Members that are not there fail, as a launcher's mistakes should. */
export function createScriptHost(surroundings: ScriptSurroundings): ScriptHost {
  const objects: Readonly<Record<string, () => object>> = {
    'wscript.shell': () => createShell(surroundings),
    'scripting.filesystemobject': () => createFileSystem(),
  }
  return {
    WScript: {
      ScriptFullName: surroundings.path,
      Quit(code = 0): never {
        throw new Quit(code)
      },
      Sleep(ms: number): void {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
      },
    },
    createObject(name) {
      const create = objects[name.toLowerCase()]
      if (create === undefined) throw new Error(`expected an object that the fake knows, got ${name}`)
      return create()
    },
  }
}
