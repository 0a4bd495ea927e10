import {serviceError} from '../errors/service-error.js'
import type {GatewayStatus} from '../gateway-status.js'
import {profilesOnDisk} from '../hermes-home.js'
import type {GatewaySpec} from '../gateway-spec.js'
import type {GatewayRecord, GatewayRequest, RecordStore} from '../record.js'
import {type Claim, clashes} from './claim.js'
import {type ClaimConflict, findConflicts} from './claim-conflicts.js'
import {type ClaimingGateway, claimingGateways, ClaimReader} from './claimants.js'
import type {HomeFiles} from './home-files.js'
import {readPort} from './port-claims.js'

/** What the check looks at. */
export interface ClaimCheckInputs {
  readonly root: string
  readonly homes: HomeFiles
  readonly records: RecordStore
  /** The gateways of the backend; asked only when the new one claims anything. */
  readonly rows: () => Promise<readonly GatewayStatus[]>
  /** Whether the gateway is about to be started. */
  readonly starts: boolean
}

/** A conflict from the side of the gateway that is looked at. */
interface Clash {
  readonly own: Claim
  readonly others: readonly string[]
  readonly certain: boolean
}

function clashOf({holders}: ClaimConflict, profile: string): Clash[] {
  const own = holders.find(holder => holder.profile === profile)?.claim
  if (!own) return []
  const others = holders.filter(holder => holder.profile !== profile)
  const certain = own.certain && others.some(({up, claim}) => up && claim.certain && clashes(claim, own))
  return [{own, others: others.map(other => other.profile), certain}]
}

function refusalOf({own: {kind, name, value}, others}: Clash): string {
  const names = others.join(' and ')
  const verb = others.length > 1 ? 'have' : 'has'
  const [field, got] =
    kind === 'token' ? [name, `that of ${names}`] : ['port', `${value} (${name}), which ${names} ${verb}`]
  return `${field}: expected one that no other gateway has, got ${got}`
}

function warningOf({own: {kind, name, value}, others, certain}: Clash): string {
  const what = kind === 'token' ? name : `port ${value} (${name})`
  return `${what} is that of ${others.join(' and ')} too${certain ? ', and only one of them can use it' : ''}`
}

function refuse(clashes: readonly Clash[], profile: string): never {
  const others = [...new Set(clashes.flatMap(clash => clash.others))].join(' ')
  const settings = clashes.map(({own}) => `another ${own.setting}`).join(' and ')
  throw serviceError('HSVC_INVALID_SPEC', clashes.map(refusalOf).join('; '), {
    profile,
    hint: `hermes-svc gateway stop ${others}, or give ${profile} ${settings}`,
  })
}

function isSame(one: Claim, other: Claim): boolean {
  return one.kind === other.kind && one.value === other.value && one.host === other.host
}

/** Says so where the profile's own file wins over the port that install was told. */
async function portWarnings(reader: ClaimReader, {profile, env, port, runsHermes}: ClaimingGateway): Promise<string[]> {
  const settings = await reader.settingsOf(profile, env)
  const written = settings.isInDotenv('API_SERVER_PORT') ? readPort(settings.variable('API_SERVER_PORT')) : null
  if (!runsHermes || port === null || written === null || written === port) return []
  return [`port ${String(port)} is not used: API_SERVER_PORT in its .env says ${String(written)}`]
}

/** Every gateway that there may be, as if all were up: those recorded, and one of each profile on disk that somebody else may run. */
function suspects(records: readonly GatewayRecord[], onDisk: readonly string[]): ClaimingGateway[] {
  const recorded = claimingGateways(records, []).map(one => ({...one, up: true, idle: false}))
  const others = onDisk.filter(profile => !recorded.some(one => one.profile === profile))
  const unknown = {up: true, idle: false, env: null, port: null, runsHermes: true}
  return [...recorded, ...others.map(profile => ({profile, ...unknown}))]
}

async function mayClash(
  gateway: ClaimingGateway,
  all: readonly ClaimingGateway[],
  reader: ClaimReader,
  onDisk: () => readonly string[],
): Promise<boolean> {
  const others = all.filter(({profile}) => profile !== gateway.profile)
  const conflicts = findConflicts(await reader.claimants([gateway, ...others], onDisk))
  return conflicts.some(conflict => clashOf(conflict, gateway.profile).length > 0)
}

/**
 * Looks for ports and tokens that the gateway would share with one that is wanted up, and gives warnings. Throws
 * HSVC_INVALID_SPEC when it is about to be started into a conflict that is certain and new: one that stands already is only
 * warned of.
 */
export async function checkClaims(
  {spec, request}: {readonly spec: GatewaySpec; readonly request: GatewayRequest},
  inputs: ClaimCheckInputs,
): Promise<string[]> {
  const {root, homes, records, starts} = inputs
  const {profile, env, port} = spec
  const gateway = {profile, up: true, idle: false, env, port, runsHermes: request.argv === undefined}
  const reader = new ClaimReader(homes)
  const claims = await reader.claimsOf(gateway)
  // Of other homes the doctor tells.
  const warnings = [...(await portWarnings(reader, gateway)), ...reader.problems.map(({message}) => message)]
  if (claims.length === 0) return warnings
  const recorded = records.list().records
  const onDisk = (): readonly string[] => profilesOnDisk(root).profiles
  // To ask for all gateways takes longer the more there are, and is in vain where nobody could be in the way.
  if (!(await mayClash(gateway, suspects(recorded, onDisk()), reader, onDisk))) return warnings
  const all = claimingGateways(recorded, await inputs.rows())
  const standing = all.find(one => one.profile === profile)
  const before = standing?.up === true && !standing.idle ? await reader.claimsOf(standing) : []
  // One that gave up or has ended is in nobody's way now, and may be why this one is wanted.
  const others = all.filter(one => one.up && one.profile !== profile).map(one => ({...one, up: !one.idle}))
  const claimants = await reader.claimants([gateway, ...others], onDisk)
  const found = findConflicts(claimants).flatMap(conflict => clashOf(conflict, profile))
  const refused = found.filter(({own, certain}) => certain && !before.some(claim => isSame(claim, own)))
  if (starts && refused.length > 0) refuse(refused, profile)
  return [...warnings, ...found.map(warningOf)]
}
