import {type SpawnSyncReturns, spawnSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {ExecutionContext} from 'ava'
import fc from 'fast-check'
import type {Shell} from './shells.js'

/** The name of the directory of the definition in every slot directory. */
export const PLACE = 'definition.0'

/** Any text that can be an argument or a value: whatever has no NUL. */
export const anyText = fc
  .string({unit: 'binary', maxLength: 40})
  .map(text => text.replaceAll('\0', '').replaceAll('\u{FFFD}', ''))

/** Text of the characters that mean something to a shell. */
export const shellText = fc.string({
  unit: fc.constantFrom(...Array.from('\'"`$\\{}()[]<>|&;*?!#~=%-+^@:,./ \t\n\r\u0001\u007fabé日😀')),
  maxLength: 30,
})

/** What a program was given, byte for byte. */
export interface Witnessed {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

// /proc has what was given to execve(2), whatever this shell makes of it.
const WITNESS = `#!/bin/sh
/bin/cat "/proc/$$/cmdline" > "$0.argv"
/bin/cat "/proc/$$/environ" > "$0.env"
/bin/readlink -n "/proc/$$/cwd" > "$0.cwd"
`

/** A temporary directory shaped like a slot, whose scripts are run by hand. */
export class SlotDirectory {
  readonly path = mkdtempSync(join(tmpdir(), 's6-slot-'))
  /** A program that writes down what it was given. */
  readonly witness = join(this.path, 'witness')

  constructor(t: ExecutionContext) {
    t.teardown(() => {
      rmSync(this.path, {recursive: true, force: true})
    })
    chmodSync(this.path, 0o755)
    for (const name of ['data', PLACE]) mkdirSync(join(this.path, name))
    this.write('witness', WITNESS)
  }

  write(name: string, contents: string): void {
    writeFileSync(join(this.path, name), contents)
    chmodSync(join(this.path, name), 0o755)
  }

  /** null where there is no such file. */
  read(name: string): string | null {
    const path = join(this.path, name)
    return existsSync(path) ? readFileSync(path, 'utf8') : null
  }

  /** Runs a script of the slot as s6-supervise does, from the slot's directory. */
  run(
    {command: [file = '', ...options]}: Shell,
    script: string,
    args: readonly string[] = [],
    env: NodeJS.ProcessEnv = {PATH: '/usr/bin:/bin'},
  ): SpawnSyncReturns<string> {
    return spawnSync(file, [...options, `./${PLACE}/${script}`, ...args], {
      cwd: this.path,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    })
  }

  /** What the witness was given last. */
  witnessed(): Witnessed {
    const read = (end: string): string => readFileSync(`${this.witness}.${end}`, 'utf8')
    // The interpreter of the witness stands before it.
    const argv = read('argv').split('\0').slice(1, -1)
    const entries = read('env')
      .split('\0')
      .slice(0, -1)
      .map(entry => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] as const)
    for (const end of ['argv', 'env']) rmSync(`${this.witness}.${end}`)
    return {argv, env: Object.fromEntries(entries), cwd: read('cwd')}
  }
}
