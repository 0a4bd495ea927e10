import {createHash} from 'node:crypto'

/** Something that only one running gateway can have. */
export interface Claim {
  readonly kind: 'port' | 'token'
  /** For people: an environment key, or what listens. */
  readonly name: string
  /** What must not be equal: a port, or the SHA-256 of a token, which is not to be shown either. */
  readonly value: string
  /** Of a port, the address that it is opened on; null for a token. */
  readonly host: string | null
  /** What to change for another one, for people: `API_SERVER_PORT in its .env`. */
  readonly setting: string
  /** false: Hermes may use it, but not for sure. */
  readonly certain: boolean
}

/** What stands for a secret where it is compared. */
export function fingerprint(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

const ANY_HOST = ['', '0.0.0.0', '::', '*']

function plainHost(host: string | null): string {
  const plain = (host ?? '').trim().toLowerCase()
  return plain === 'localhost' ? '127.0.0.1' : plain
}

/** Whether two gateways cannot both have what they claim. One port on two addresses is two things. */
export function clashes(one: Claim, other: Claim): boolean {
  if (one.kind !== other.kind || one.value !== other.value) return false
  if (one.kind === 'token') return one.name === other.name
  const [host, otherHost] = [plainHost(one.host), plainHost(other.host)]
  return host === otherHost || ANY_HOST.includes(host) || ANY_HOST.includes(otherHost)
}
