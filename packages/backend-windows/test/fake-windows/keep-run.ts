import {spawn} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'

/** Where an action is started. */
export interface Surroundings {
  readonly cwd?: string | undefined
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Starts an action now, and writes the pid into the directory of its run, and how it ended once it has: keeper.sh without a shell. */
export function keepRun(run: string, [program, ...args]: readonly [string, ...string[]], at: Surroundings = {}): void {
  const child = spawn(program, args, {...at, stdio: 'ignore', windowsHide: true})
  child.on('error', () => {
    writeFileSync(join(run, 'exit'), '127\n')
  })
  child.on('exit', code => {
    writeFileSync(join(run, 'exit'), `${String(code ?? 1)}\n`)
  })
  if (child.pid !== undefined) writeFileSync(join(run, 'pid'), `${String(child.pid)}\n`)
}
