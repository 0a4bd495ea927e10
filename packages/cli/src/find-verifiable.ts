import {pathToFileURL} from 'node:url'
import {type Host, type Scope, serviceError} from '@hermes-svc/core'
import type {Verification} from './verify-backend.js'

/** A backend that can be verified here, with what the suite needs of it. */
export interface Verifiable extends Pick<Verification, 'backend' | 'context' | 'module'> {
  readonly kind: string
  readonly scope: Scope | null
}

/**
 * The backend of a kind, or the chosen one. Rejects HSVC_BACKEND_UNAVAILABLE, before anything is made, where its init
 * system is not there: every sentence would fail, and none of them would say why.
 */
export async function findVerifiable(host: Host, named: string | undefined): Promise<Verifiable> {
  const kind = named ?? (await host.manager()).kind
  const {backend, report} = await host.registry.named(kind)
  const {presence, reason, hint} = report
  if (presence !== 'available') {
    throw serviceError('HSVC_BACKEND_UNAVAILABLE', `${kind} is ${presence} here: ${reason ?? 'no reason given'}`, {
      backend: kind,
      hint: hint ?? 'hermes-svc backend detect shows the evidence',
    })
  }
  const candidate = host.registry.candidates.find(one => one.kind === kind)
  return {
    kind,
    backend,
    scope: host.configuration.scope ?? report.scope,
    context: {configuration: host.configuration.backends[kind] ?? {}},
    ...(candidate && {module: pathToFileURL(candidate.module).href}),
  }
}
