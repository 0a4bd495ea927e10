import {posix, win32} from 'node:path'
import type {CommandTemplate} from './backend.js'
import type {Scope} from './capabilities.js'
import type {Configuration} from './configuration.js'
import {serviceError} from './errors/service-error.js'
import {findInDirectories, findProgram, isStillThere} from './find-program.js'
import type {Account} from './fs/account.js'
import type {GatewaySpec} from './gateway-spec.js'
import type {GatewayRequest} from './record.js'
import {assertDeliverable, assertEnvironment, assertPort} from './spec-values.js'

/** What resolving needs to know besides the request; all of it plain data, so that the same inputs give the same spec. */
export interface SpecInputs {
  readonly configuration: Configuration
  /** Dotted configuration keys that the user set. */
  readonly userSet: readonly string[]
  /** The profile root. */
  readonly root: string
  readonly scope: Scope
  /** The account that the gateway will run as, when it is known. */
  readonly account: Account | null
  readonly home: string
  /** PATH for the gateway and for finding argv[0]. */
  readonly path: string
  /** argv[0] of the spec that stands; kept while it is there. */
  readonly program: string | null
  /** The command that the backend's configuration asks for, where the user says nothing of the command. */
  readonly command: CommandTemplate | null
  readonly reclaimsStrays: boolean
  readonly autostart: boolean
  readonly platform: NodeJS.Platform
}

/** Configuration keys that end in the spec, and the name they have in `userSet` there. */
const CONFIGURATION_FIELDS: Readonly<Record<string, string>> = {
  scope: 'scope',
  'hermes.user': 'account',
  'restart.delay': 'restart.delay',
  'restart.maxDelay': 'restart.maxDelay',
  'restart.window': 'restart.window',
  'restart.giveUpAfter': 'restart.giveUpAfter',
  'restart.fatalExitCodes': 'restart.fatalExitCodes',
  'restart.cleanExitCodes': 'restart.cleanExitCodes',
  'stop.timeout': 'stopTimeout',
  'logs.files': 'logs.files',
  'logs.size': 'logs.size',
}

/** The configured command with its placeholders filled in; `-p default` is left out, because Hermes' root profile is run bare. */
export function fillCommand(template: readonly string[], profile: string, port: number | null): string[] {
  const words = [...template]
  if (profile === 'default') {
    const at = words.findIndex((word, index) => word === '-p' && words[index + 1] === '{profile}')
    if (at !== -1) words.splice(at, 2)
  }
  return words.map(word => {
    if (word.includes('{port}') && port === null) {
      throw serviceError('HSVC_INVALID_SPEC', 'port: expected one, because the command has {port}, got none', {
        hint: 'give --port',
      })
    }
    // Function replacers: the replacement text must not be read for $ patterns.
    return word.replaceAll('{profile}', () => profile).replaceAll('{port}', () => String(port))
  })
}

function resolveArgv(request: GatewayRequest, port: number | null, inputs: SpecInputs): string[] {
  const {argv} = request
  const command = argv ? null : inputs.command
  const words = argv
    ? [...argv]
    : fillCommand(command?.words ?? inputs.configuration.hermes.command, request.profile, port)
  const replaces = inputs.reclaimsStrays && !argv && command === null && !words.includes('--replace')
  const replace = replaces ? ['--replace'] : []
  const [program, ...rest] = [...words, ...replace]
  if (program === undefined || program === '') {
    throw serviceError('HSVC_INVALID_SPEC', 'argv: expected a program and its arguments, got nothing', {
      hint: 'put the command behind --',
    })
  }
  for (const [index, word] of words.entries()) assertDeliverable(`argv[${String(index)}]`, word)
  return [resolveProgram(program, command?.directories ?? [], inputs), ...rest]
}

function resolveProgram(name: string, directories: readonly string[], inputs: SpecInputs): string {
  const {program: kept, path, platform} = inputs
  // Directories first: they come from the configuration, so they do not depend on who asks, as PATH does.
  const placed = findInDirectories(name, directories, platform)
  if (placed !== null) return placed
  const keeps = kept !== null && (kept === name || baseName(kept) === name) && isStillThere(kept)
  return keeps ? kept : findProgram(name, path, platform)
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
}

/**
 * The environment of a gateway. Both sentinels tell Hermes that it is supervised, so that it neither hands itself to a
 * service manager nor follows the sticky profile selection; the older name is what released versions read.
 */
function resolveEnvironment(request: GatewayRequest, port: number | null, inputs: SpecInputs): Record<string, string> {
  const given = request.env ?? {}
  assertEnvironment(given)
  const account = inputs.account && inputs.platform !== 'win32' ? inputs.account.name : null
  return {
    PATH: inputs.path,
    HOME: inputs.home,
    ...(account === null ? {} : {USER: account, LOGNAME: account}),
    HERMES_HOME: inputs.root,
    HERMES_SUPERVISED_CHILD: '1',
    HERMES_S6_SUPERVISED_CHILD: '1',
    ...(port === null ? {} : {API_SERVER_PORT: String(port)}),
    ...given,
  }
}

/** Makes the complete spec of a request. Throws HSVC_INVALID_SPEC naming the field; nothing is written. */
export function resolveSpec(request: GatewayRequest, inputs: SpecInputs): GatewaySpec {
  const {configuration} = inputs
  const port = request.port ?? null
  assertPort(port)
  const cwd = request.cwd ?? configuration.hermes.cwd ?? inputs.root
  assertDeliverable('cwd', cwd)
  if (!(inputs.platform === 'win32' ? win32 : posix).isAbsolute(cwd)) {
    throw serviceError('HSVC_INVALID_SPEC', `cwd: expected an absolute path, got ${JSON.stringify(cwd)}`)
  }
  const asked = request.userSet ?? Object.keys(request).filter(field => field !== 'profile')
  const configured = inputs.userSet.flatMap(key => CONFIGURATION_FIELDS[key] ?? [])
  return {
    profile: request.profile,
    description: `Hermes gateway ${request.profile}`,
    argv: resolveArgv(request, port, inputs),
    env: resolveEnvironment(request, port, inputs),
    cwd,
    port,
    scope: inputs.scope,
    account: inputs.account?.name ?? null,
    autostart: request.autostart ?? inputs.autostart,
    restart: request.restart ?? configuration.restart,
    settleMs: request.settleMs ?? configuration.start.settleMs,
    stopTimeoutMs: request.stopTimeoutMs ?? configuration.stop.timeoutMs,
    logs: request.logs ?? configuration.logs,
    userSet: [...new Set([...asked, ...configured])].sort(),
  }
}
