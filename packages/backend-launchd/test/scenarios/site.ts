import assert from 'node:assert/strict'
import {chmodSync, existsSync, mkdtempSync, realpathSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createToolRunner, type GatewayRequest, type GatewayStatus, type GuardedServiceManager} from '@hermes-svc/core'
import {jobLabel} from '../../dist/job-paths.js'
import {eventually} from './eventually.js'
import {LaunchctlTally} from './launchctl-tally.js'
import type {Mac} from './mac.js'
import {openManager} from './open-manager.js'
import {PrintedJob} from './printed-job.js'
import {PREFIX} from './throw-away.js'
import {Witness} from './witness.js'

/** For verbs that have to wait for a gateway to end and for launchd to let go of it. Milliseconds. */
export const PATIENCE = {timeoutMs: 90_000}

/** A gateway of a scenario. */
export interface Gateway {
  readonly profile: string
  readonly label: string
  /** As launchctl is told it. */
  readonly target: string
  readonly witness: Witness
  readonly request: GatewayRequest
}

/** Where one scenario takes place: a profile root of its own on a Mac, and everything that was made there. */
export class Site {
  readonly mac: Mac
  readonly root: string
  readonly tally: LaunchctlTally
  readonly manager: GuardedServiceManager
  readonly #name: string
  readonly #gateways: Gateway[] = []

  constructor(mac: Mac, name: string) {
    this.mac = mac
    this.#name = name
    // launchd and a gateway see a path without links, as in /private/tmp.
    this.root = mkdtempSync(join(realpathSync(tmpdir()), `${PREFIX}${name}-`))
    if (mac.account !== null) chmodSync(this.root, 0o755)
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('HERMES_')))
    this.tally = new LaunchctlTally(createToolRunner(env))
    const {backend, scope, account} = mac
    this.manager = openManager(backend, {root: this.root, scope, account, replaced: {tools: this.tally.tools}})
  }

  /** A gateway that is not defined yet. */
  gateway(more: Partial<GatewayRequest> = {}): Gateway {
    const {account, domain} = this.mac
    const profile = `${PREFIX}${this.#name}${this.#gateways.length === 0 ? '' : `-${String(this.#gateways.length)}`}`
    const directory = join(this.root, `witness-${profile}`)
    const witness = new Witness(directory)
    const own = account === null ? {} : {account: account.name}
    const request = {profile, argv: witness.argv, cwd: directory, ...own, ...more}
    const label = jobLabel(profile)
    const gateway = {profile, label, target: `${domain}/${label}`, witness, request}
    this.#gateways.push(gateway)
    return gateway
  }

  /** Defines a gateway, and starts it. `words` follow its command. */
  async install({request}: Gateway, words: readonly string[] = [], start = true): Promise<GatewayStatus> {
    return await this.manager.install({...request, argv: [...(request.argv ?? []), ...words]}, {start, ...PATIENCE})
  }

  /** A gateway that runs. */
  async running(more: Partial<GatewayRequest> = {}): Promise<Gateway> {
    const gateway = this.gateway(more)
    await this.install(gateway)
    await this.assertOne(gateway)
    return gateway
  }

  async status({profile}: Gateway): Promise<GatewayStatus> {
    const [row] = await this.manager.status([profile])
    return row ?? assert.fail(`expected a status of ${profile}, got none`)
  }

  /** What launchd has of it; null where it has nothing. */
  async print({target}: Gateway): Promise<PrintedJob | null> {
    const {code, stdout} = await this.mac.launchctl('print', target)
    return code === 0 ? new PrintedJob(stdout) : null
  }

  /** Fails unless exactly one process of it is there, launchd knows it by its pid, and none ever met another. Gives the pid. */
  async assertOne(gateway: Gateway): Promise<number> {
    const {witness} = gateway
    // Its process is there before it bears witness.
    const [pid] = await eventually('a process that bears witness', () => {
      const alive = witness.alive()
      return alive.length > 0 && alive
    })
    assert.deepEqual(witness.alive(), [pid], 'expected one process')
    assert.equal((await this.print(gateway))?.pid, pid, 'expected launchd to know it')
    assert.deepEqual(witness.meetings(), [], 'expected no process to meet another')
    return pid ?? assert.fail()
  }

  /** Waits until another process than that bears witness. Gives its pid. */
  async another(gateway: Gateway, than: number): Promise<number> {
    return await eventually('another process', () => gateway.witness.alive().find(pid => pid !== than))
  }

  /** Fails unless launchd has no job of it, and no process is there. */
  async assertNone(gateway: Gateway): Promise<void> {
    assert.deepEqual(gateway.witness.alive(), [])
    assert.equal((await this.print(gateway))?.pid ?? null, null)
  }

  /** Takes everything away, first by the manager, then by force. Throws what the manager could not take away. */
  async remove(): Promise<void> {
    const failures: string[] = []
    for (const gateway of this.#gateways) {
      try {
        await this.manager.uninstall(gateway.profile, PATIENCE)
      } catch (error) {
        failures.push(`${gateway.profile}: ${(error as Error).message}`)
      }
      await this.#remove(gateway)
    }
    rmSync(this.root, {recursive: true, force: true})
    assert.deepEqual(failures, [])
  }

  async #remove({label, witness}: Gateway): Promise<void> {
    for (const domain of this.mac.domains) await this.mac.launchctl('bootout', `${domain}/${label}`)
    for (const pid of witness.alive()) process.kill(pid, 'SIGKILL')
    const path = join(this.mac.definitions, `${label}.plist`)
    if (existsSync(path)) rmSync(path)
  }
}
