import {existsSync} from 'node:fs'
import {type Backend, type BackendContext, type Capabilities, defineBackend, serviceError} from '@hermes-svc/core'
import {detectS6} from './detect.js'
import {REFERENCE_VENV} from './run-script.js'
import {S6Machine} from './s6-machine.js'
import {S6ServiceManager} from './s6-service-manager.js'
import {parseSettings} from './s6-settings.js'
import {findScandirProblems, findSvscanProblems} from './scandir-problems.js'

const KIND = 's6'

/**
 * `autostart` means: with the boot hook of the container, which runs `gateway reconcile`; what is in /run is gone when a
 * container is recreated. `maxGateways` is null because other services take places too: they are counted.
 */
const CAPABILITIES: Capabilities = {
  runtimeRegistration: true,
  scopes: ['container', 'user', 'system'],
  autostart: true,
  readiness: false,
  restartCount: true,
  backoff: 'exponential',
  giveUp: true,
  fatalExitCodes: true,
  logs: 'file',
  follow: true,
  runAsUser: true,
  reclaimsStrays: true,
  maxGateways: null,
}

/** What the reference module's slots run. */
const REFERENCE_COMMAND = ['hermes', '-p', '{profile}', 'gateway', 'start', '--foreground', '--port', '{port}']

/** Containers with s6-overlay, and any other s6 scan directory. */
export const backend: Backend = defineBackend({
  contract: 1,
  kind: KIND,
  capabilities: CAPABILITIES,
  detect(context: BackendContext) {
    return Promise.resolve(detectS6(context))
  },
  create(context: BackendContext) {
    return new S6ServiceManager(KIND, context)
  },
  command(configuration) {
    const {dialect} = parseSettings({configuration, error: serviceError})
    return dialect === 'reference' ? {words: REFERENCE_COMMAND, directories: [`${REFERENCE_VENV}/bin`]} : null
  },
  examine(context: BackendContext) {
    const {writer, place, settings} = new S6Machine(context)
    const {scandir} = place
    const problems = writer.run(() => [
      ...findSvscanProblems(scandir),
      ...(existsSync(scandir) ? findScandirProblems(scandir, settings.capacity) : []),
    ])
    return Promise.resolve(problems)
  },
})
