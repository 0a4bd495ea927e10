import type {Backend, GatewaySpec, GatewayStatus, RestartPolicy} from '@hermes-svc/core'
import {type MemoryServiceManager, planMemory} from './memory-backend.js'
import type {MemoryInit, MemorySlot} from './memory-init.js'

/** One deliberate defect, as changes to the parts of the memory backend. The backend itself knows nothing of faults. */
export interface MemoryFault {
  readonly manager?: (manager: MemoryServiceManager) => void
  readonly slot?: (slot: MemorySlot) => void
  readonly init?: (init: MemoryInit) => void
  readonly backend?: (backend: Backend) => Backend
}

type Rows = (row: GatewayStatus, slot: MemorySlot) => Partial<GatewayStatus>

/** A fault in what status says of a gateway. */
export function rows(change: Rows): MemoryFault {
  return {
    manager(manager) {
      const row = manager.row.bind(manager)
      manager.row = slot => ({...row(slot), ...change(row(slot), slot)})
    },
  }
}

/** A fault in how a spec is written down. */
export function renders(change: (spec: GatewaySpec) => Partial<GatewaySpec>): MemoryFault {
  return {
    manager(manager) {
      manager.plan = spec => planMemory({...spec, ...change(spec)})
    },
  }
}

/** A fault in how the crash policy is written down. */
export function rendersRestart(change: (restart: RestartPolicy) => Partial<RestartPolicy>): MemoryFault {
  return renders(({restart}) => ({restart: {...restart, ...change(restart)}}))
}
