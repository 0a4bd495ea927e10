import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {GatewayStatus} from '@hermes-svc/core'
import {type Answer, parseAnswer, rowOf, withJson} from '../../testing/dist/answer.js'
import {collectRun} from '../../testing/dist/program-run.js'
import type {RealWindows} from './real-windows.js'
import {PREFIX, serviceOf, Witness} from './throw-away.js'

const BIN = fileURLToPath(new URL('../../../packages/cli/bin/run.cjs', import.meta.url))
const LONGEST_MS = 180_000

let count = 0

/** A profile root of one scenario's own, and the real program for it. */
export class Site {
  readonly windows: RealWindows
  readonly profile: string
  readonly witness: Witness
  readonly root: string

  constructor(windows: RealWindows, configuration: object = {}) {
    count += 1
    this.windows = windows
    this.profile = `${PREFIX}${String(process.pid)}-${String(count)}`
    this.witness = new Witness()
    this.root = mkdtempSync(join(realpathSync(tmpdir()), PREFIX))
    writeFileSync(join(this.root, 'hermes-svc.json'), JSON.stringify(configuration))
  }

  /** The service name of the gateway. */
  get service(): string {
    return serviceOf(this.profile)
  }

  /** Runs the real program; throws unless it succeeds. */
  async ask(...args: string[]): Promise<Answer> {
    const env = {
      ...process.env,
      HERMES_HOME: this.root,
      HERMES_SVC_DATA_DIR: join(this.root, 'data'),
      HERMES_SVC_CONFIG_DIR: join(this.root, 'config'),
      HERMES_SVC_START_SETTLE: '300ms',
      HERMES_SVC_RESTART_DELAY: '1s',
    }
    const child = spawn(process.execPath, [BIN, ...withJson(args)], {env, stdio: ['ignore', 'pipe', 'pipe']})
    const answer = parseAnswer(args, await collectRun(child, '', LONGEST_MS))
    assert.equal(answer.code, 0, JSON.stringify(answer))
    return answer
  }

  /** Does a verb of the gateway's; gives its row. */
  async gateway(verb: string, ...more: string[]): Promise<GatewayStatus> {
    return rowOf({complete: true, ...(await this.ask('gateway', verb, this.profile, ...more))}, this.profile)
  }

  /** Installs the witness as the gateway. */
  async install(...flags: string[]): Promise<GatewayStatus> {
    return await this.gateway('install', ...flags, '--', ...this.witness.argv)
  }

  /** Removes the gateway, and asserts that nothing of it is left. */
  async uninstall(): Promise<void> {
    await this.ask('gateway', 'uninstall', this.profile)
    assert.deepEqual(this.witness.alive(), [])
    assert.notEqual((await this.windows.run('schtasks.exe', '/Query', '/TN', this.service)).code, 0)
    for (const end of ['.vbs', '.js']) assert.ok(!existsSync(join(this.windows.startup, `${this.service}${end}`)), end)
    assert.ok(!existsSync(join(this.root, 'hermes-svc', 'gateways', this.profile)), 'its directory')
  }

  /** Takes everything away, whatever became of the scenario. */
  async remove(): Promise<void> {
    await this.ask('gateway', 'uninstall', this.profile).catch(() => undefined)
    await this.witness.remove()
    rmSync(this.root, {recursive: true, force: true, maxRetries: 20, retryDelay: 100})
  }
}
