import type {GatewayStatus} from '../gateway-status.js'
import {DEFAULT_PROFILE} from '../hermes-home.js'
import {invalidProfileReason} from '../profile-name.js'
import type {GatewayRecord} from '../record.js'
import type {Claim} from './claim.js'
import {parseDotenv} from './dotenv.js'
import {isMapping, readHermesConfig, servesAllProfiles} from './hermes-config.js'
import {HermesSettings, type SettingSources} from './hermes-settings.js'
import type {HomeFiles} from './home-files.js'
import {portClaims} from './port-claims.js'
import {tokenClaims} from './token-claims.js'

/** What is known of a gateway before its home is read. */
export interface ClaimingGateway {
  readonly profile: string
  /** Whether it is wanted up. */
  readonly up: boolean
  /** Whether it has no process and waits for none, so that it holds nothing now. */
  readonly idle: boolean
  /** What we give it; null where somebody else's definition, or a registration, does. */
  readonly env: Readonly<Record<string, string>> | null
  /** What install was told. */
  readonly port: number | null
  /** Whether it surely runs Hermes, and not a command of the user's own. */
  readonly runsHermes: boolean
}

/** A gateway with what it claims. */
export interface Claimant extends ClaimingGateway {
  readonly claims: readonly Claim[]
}

function isIdle({state, pid}: GatewayStatus): boolean {
  return pid === null && (state === 'failed' || state === 'stopped')
}

/** All gateways of which records or rows tell, one each. Pure. */
export function claimingGateways(records: readonly GatewayRecord[], rows: readonly GatewayStatus[]): ClaimingGateway[] {
  const rowsOf = new Map<string, GatewayStatus[]>()
  for (const row of rows) rowsOf.set(row.profile, [...(rowsOf.get(row.profile) ?? []), row])
  const recorded = records.map(({profile, wanted, request, spec}) => {
    const own = rowsOf.get(profile)
    return {
      profile,
      up: own ? own.some(row => row.wanted === 'up') : wanted === 'up',
      idle: own?.every(isIdle) ?? false,
      env: spec.env,
      port: spec.port,
      runsHermes: request.argv === undefined,
    }
  })
  const known = new Set(records.map(({profile}) => profile))
  const others = [...rowsOf].flatMap(([profile, own]) => {
    const [first] = own
    // A foreign service may have any name; without a profile's there is no home to read.
    if (!first || known.has(profile) || invalidProfileReason(profile) !== null) return []
    const up = own.some(({wanted}) => wanted === 'up')
    const idle = own.every(isIdle)
    // What was registered may run any command, and its record is the backend's.
    const runsHermes = first.origin === 'foreign' || first.ownCommand === false
    return [{profile, up, idle, env: null, port: first.port, runsHermes}]
  })
  return [...recorded, ...others]
}

type HomeSettings = Omit<SettingSources, 'env'>

/** What the homes of some profiles say, each file read once. */
export class ClaimReader {
  readonly #homes: HomeFiles
  /** Why files could not be read, one sentence for each, with none of their text. */
  readonly problems: {readonly profile: string; readonly message: string}[] = []
  readonly #read = new Map<string, Promise<HomeSettings>>()

  constructor(homes: HomeFiles) {
    this.#homes = homes
  }

  async settingsOf(profile: string, env: Readonly<Record<string, string>> | null): Promise<HermesSettings> {
    return new HermesSettings({env, ...(await this.#filesOf(profile))})
  }

  /** What the gateway would take for itself. One that may run anything claims nothing for sure. */
  async claimsOf({profile, env, port, runsHermes}: ClaimingGateway): Promise<Claim[]> {
    const settings = await this.settingsOf(profile, env)
    const claims = [...portClaims(settings, port), ...tokenClaims(settings)]
    // With a HERMES_HOME of its own it reads other files than these.
    const isHere = env === null || env['HERMES_HOME'] === this.#homes.path(DEFAULT_PROFILE, '')
    if (runsHermes && isHere) return claims
    const possible = claims.filter(({kind, value}) => kind === 'token' || value === String(port))
    return possible.map(claim => ({...claim, certain: false}))
  }

  /**
   * The claims of gateways. Where the one of `default` serves all profiles, it connects with the tokens of all, and they
   * share its ports; `profiles` are those on disk.
   */
  async claimants(gateways: readonly ClaimingGateway[], profiles: () => readonly string[]): Promise<Claimant[]> {
    const claimants = await Promise.all(gateways.map(async one => ({...one, claims: await this.claimsOf(one)})))
    const server = claimants.find(({profile}) => profile === DEFAULT_PROFILE)
    const served = server?.runsHermes === true ? await this.#served(server, profiles) : null
    if (!server || !served) return claimants
    const own = claimants.filter(({profile, up}) => up || !served.includes(profile))
    const rest = served.filter(profile => !own.some(one => one.profile === profile))
    const members = rest.map(async profile => {
      const one = {...server, profile, env: null, port: null}
      return {...one, claims: await this.claimsOf(one)}
    })
    const all = [...own, ...(await Promise.all(members))]
    const shared = (one: Claimant): Claim[] => one.claims.filter(({kind}) => kind === 'token')
    return all.map(one => (served.includes(one.profile) ? {...one, claims: shared(one)} : one))
  }

  async #served({env}: ClaimingGateway, profiles: () => readonly string[]): Promise<readonly string[] | null> {
    const {config} = await this.#filesOf(DEFAULT_PROFILE)
    const settings = await this.settingsOf(DEFAULT_PROFILE, env)
    const variable = settings.variable('GATEWAY_MULTIPLEX_PROFILES') ?? ''
    if (!config || !servesAllProfiles(config, {GATEWAY_MULTIPLEX_PROFILES: variable})) return null
    const {gateway} = config
    const allowed =
      config['multiplex_profile_allowlist'] ?? (isMapping(gateway) ? gateway['multiplex_profile_allowlist'] : undefined)
    const named = profiles().filter(profile => profile !== DEFAULT_PROFILE)
    return Array.isArray(allowed) ? named.filter(profile => allowed.includes(profile)) : named
  }

  #filesOf(profile: string): Promise<HomeSettings> {
    const known = this.#read.get(profile)
    if (known) return known
    const files = this.#readFiles(profile)
    this.#read.set(profile, files)
    return files
  }

  async #readFiles(profile: string): Promise<HomeSettings> {
    const {data: config, problem} = await readHermesConfig(this.#homes, profile)
    if (problem !== null) this.problems.push({profile, message: problem})
    try {
      const legacy = this.#homes.read(profile, 'gateway.json') !== null
      return {config, dotenv: parseDotenv(this.#homes.read(profile, '.env') ?? ''), legacy}
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
      this.problems.push({profile, message: `${this.#homes.path(profile, '.env')} could not be read (${code})`})
      return {config, dotenv: null}
    }
  }
}
