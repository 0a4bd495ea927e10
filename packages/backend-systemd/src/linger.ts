import {existsSync} from 'node:fs'
import type {BackendContext} from '@hermes-svc/core'

/** Where logind notes whose manager runs from boot on (loginctl(1), enable-linger). */
const LINGERING = '/var/lib/systemd/linger'

/** Whether an account's manager is started at boot and outlives its sessions. */
export function isLingering(account: string): boolean {
  return existsSync(`${LINGERING}/${account}`)
}

/** Turns lingering on. Rejects as ToolRunner does; without a session of its own an account may not do that for itself. */
export async function enableLinger(
  {tools}: Pick<BackendContext, 'tools'>,
  account: string,
  signal?: AbortSignal,
): Promise<void> {
  await tools.run('loginctl', ['enable-linger', account], signal ? {signal} : {})
}
