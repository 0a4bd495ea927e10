import {type SpawnSyncReturns, spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {ExecutionContext} from 'ava'
import {renderEnvironmentFile} from '../dist/environment-file.js'
import {renderLauncher} from '../dist/launcher.js'
import {temporaryDirectory} from './temporary-directory.js'

/** The definition that every launcher is started for. */
export const DEFINITION = 'ab12'

const HEADER = {
  specHash: 'ab12',
  port: null,
  autostart: true,
  ownCommand: false,
  throttleSeconds: 10,
  cleanExitCodes: [0],
  digest: 'd1',
}

/** The second line of every note: what the gateway was started with. */
export const HEADER_LINE = `# hermes-svc ${JSON.stringify(HEADER)}`

// What it was asked for it writes down, and what it is to answer stands in files beside it.
const LAUNCHCTL = `#!/bin/sh
here="\${0%/*}"
printf '%s\\0' "$@" '' >>"$here/asked-launchctl"
cat "$here/answer"
echo 'a message that nobody wants' >&2
exit "$(cat "$here/answer-code")"
`

export interface LaunchOptions {
  readonly park?: string
  readonly inherited?: Readonly<Record<string, string>>
}

/** A directory as the installer leaves it, with a launcher and with a launchctl that says what the test wants. */
export class LauncherDirectory {
  readonly label = 'ai.hermes-svc.coder'
  readonly path: string
  readonly launcher: string
  readonly state: string
  readonly environment: string

  constructor(t: ExecutionContext) {
    // A directory with what means something to a shell: the launcher quotes what is in its way.
    this.path = join(temporaryDirectory(t), `it's "$HOME" & \\`)
    this.state = join(this.path, 'state')
    this.launcher = join(this.path, 'hermes-gateway-coder')
    this.environment = join(this.path, `environment.${DEFINITION}`)
    mkdirSync(this.state, {recursive: true, mode: 0o700})
    const launchctl = join(this.path, 'launchctl')
    writeFileSync(launchctl, LAUNCHCTL, {mode: 0o755})
    writeFileSync(this.launcher, renderLauncher({label: this.label, launchctl}), {mode: 0o755})
    this.setEnvironment({})
    this.answer('', 113)
  }

  setEnvironment(env: Readonly<Record<string, string>>): void {
    writeFileSync(this.environment, renderEnvironmentFile(env, HEADER), {mode: 0o600})
  }

  /** What launchctl is to print, and the code that it is to exit with. */
  answer(text: string, code = 0): void {
    writeFileSync(join(this.path, 'answer'), text)
    writeFileSync(join(this.path, 'answer-code'), String(code))
  }

  /** What launchctl was asked for: the arguments of each call. */
  get calls(): string[][] {
    const path = join(this.path, 'asked-launchctl')
    if (!existsSync(path)) return []
    const calls = readFileSync(path, 'utf8').split('\0\0').slice(0, -1)
    return calls.map(call => call.split('\0'))
  }

  /** Writes a file of the state directory: `started` or `asked`. */
  leave(name: string, text: string): void {
    writeFileSync(join(this.state, name), text)
  }

  /** The note of the last start; null where there is none. */
  get note(): string | null {
    const path = join(this.state, 'started')
    return existsSync(path) ? readFileSync(path, 'utf8') : null
  }

  /** Starts a program by the launcher, as launchd does. */
  start(argv: readonly string[], {park = '-', inherited = {}}: LaunchOptions = {}): SpawnSyncReturns<string> {
    return spawnSync(this.launcher, [DEFINITION, park, ...argv], {
      cwd: '/',
      env: inherited,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    })
  }
}
