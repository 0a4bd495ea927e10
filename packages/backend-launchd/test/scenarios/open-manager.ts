import {join} from 'node:path'
import {
  type Account,
  type Backend,
  type BackendContext,
  guard,
  type GuardedServiceManager,
  mergeConfiguration,
  RecordStore,
} from '@hermes-svc/core'
import {suiteContext} from '@hermes-svc/core/conformance'
import type {JobScope} from '../../dist/launchd-facts.js'

/** As a user would set them who wants to see changes soon; a gateway may take 10 s to end. */
const SETTINGS = {start: {settle: '300ms'}, stop: {timeout: '10s'}, restart: {delay: '1s', maxDelay: '1s'}}

/** What a manager is opened for. */
export interface Place {
  readonly root: string
  readonly scope?: JobScope
  readonly account?: Account | null
  readonly replaced?: Partial<BackendContext>
}

/** A manager over a profile root as a host would make it. */
export function openManager(
  backend: Backend,
  {root, scope, account = null, replaced = {}}: Place,
): GuardedServiceManager {
  const context = suiteContext(root, replaced)
  const {configuration} = mergeConfiguration([{source: 'scenario', data: SETTINGS}])
  return guard(backend, context, {
    records: new RecordStore(context.paths.gateways),
    configuration,
    userSet: [],
    lockDirectory: join(context.paths.state, 'locks'),
    account: null,
    accountNamed: name => (account?.name === name ? account : null),
    ...(scope === undefined ? {} : {scope}),
  })
}
