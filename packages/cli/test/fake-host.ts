import type {GatewayStatus, Host} from '@hermes-svc/core'
import {Config} from '@oclif/core'
import sinon from 'sinon'
import {BaseCommand} from '../dist/base-command.js'
import type {OpenHostOptions} from '../dist/open-host.js'
import {packageRoot} from './program.js'
import {gateway, spec} from './samples.js'

/** The program's, for commands that are run in this process. */
export const config = await Config.load(packageRoot)
const original = BaseCommand.hostFactory

/** Puts the real host back; a left-over exit code would fail the file. */
export function forgetHost(): void {
  BaseCommand.hostFactory = original
  process.exitCode = 0
}

/** The questions that a host was asked. */
export interface Fake {
  readonly start: sinon.SinonStub
  readonly restart: sinon.SinonStub
  readonly install: sinon.SinonStub
  readonly preview: sinon.SinonStub
  readonly uninstall: sinon.SinonStub
  readonly register: sinon.SinonStub
  readonly logs: sinon.SinonStub
  readonly managerFor: sinon.SinonStub
  readonly manager: sinon.SinonStub
  readonly overview: sinon.SinonStub
  readonly opened: sinon.SinonStub
}

/** A host whose every answer is given, and every question kept. */
export function fakeHost(gateways: readonly GatewayStatus[] = []): Fake {
  const start = sinon.stub().callsFake((profile: string) => Promise.resolve(gateway({profile})))
  const restart = sinon.stub().callsFake((profile: string) => Promise.resolve(gateway({profile})))
  const install = sinon.stub().callsFake(({profile}: {profile: string}) => Promise.resolve(gateway({profile})))
  const preview = sinon.stub().resolves({
    spec: spec(),
    plan: {entries: [], commands: [], notes: []},
    change: 'create',
    warnings: [],
  })
  const register = sinon.stub().resolves(gateway({origin: 'registered'}))
  const uninstall = sinon.stub().callsFake((profile: string) => Promise.resolve({profile, removed: [], kept: []}))
  const logs = sinon.stub().callsFake(async function* () {
    // No line at all.
  })
  const service = {
    kind: 'embedded',
    start,
    restart,
    install,
    preview,
    uninstall,
    registerProfileGateway: register,
    logs,
    supportsRuntimeRegistration: () => true,
  }
  const managerFor = sinon.stub().resolves(service)
  const manager = sinon.stub().resolves(service)
  const overview = sinon
    .stub()
    .resolves({backend: 'embedded', scope: 'user', complete: true, gateways, errors: [], warnings: []})
  const chosen = sinon.stub().resolves({manager: service, scope: 'user'})
  const registry = {named: async () => Promise.resolve({backend: {capabilities: {autostart: true}}})}
  const records = {read: () => null}
  const host = {
    managerFor,
    manager,
    overview,
    chosen,
    registry,
    records,
    complete: true,
    warnings: [],
  } as unknown as Host
  const opened = sinon.stub().callsFake((options: OpenHostOptions) => {
    options.warn('a warning of the host')
    return Promise.resolve(host)
  })
  BaseCommand.hostFactory = opened
  return {start, restart, install, preview, uninstall, register, logs, managerFor, manager, overview, opened}
}

/** Commands write to the streams of this process, so they run one after the other. */
export async function output(
  action: () => Promise<unknown>,
): Promise<{stdout: string; stderr: string; error: unknown}> {
  const out = sinon.stub(process.stdout, 'write')
  const err = sinon.stub(process.stderr, 'write')
  let error: unknown
  try {
    await action()
  } catch (thrown) {
    error = thrown
  } finally {
    out.restore()
    err.restore()
  }
  const text = (stub: typeof out): string => stub.args.map(([chunk]) => String(chunk)).join('')
  return {stdout: text(out), stderr: text(err), error}
}
