import type {GatewayRequest, GuardedServiceManager, Host, InstallOptions} from '@hermes-svc/core'

/** The flags by which a start is decided, or by which nobody is to be asked. */
export interface StartFlags {
  readonly 'elevated-handoff'?: boolean
  readonly force?: boolean
  readonly 'no-autostart'?: boolean
  readonly 'no-start'?: boolean
  readonly 'start-now'?: boolean
  readonly 'start-on-login'?: boolean
}

/** What install is given. */
export interface InstallOrder {
  readonly request: GatewayRequest
  readonly options: InstallOptions
}

/** Who would carry it out, and how it was asked for. */
export interface InstallSurroundings {
  readonly host: Host
  readonly manager: GuardedServiceManager
  readonly flags: StartFlags
}

/**
 * Asks whether to start the gateway now and with each login, where neither flags nor an earlier install have decided, and
 * gives the order with the answers in it. Rejects, before anything is asked, what install would reject.
 */
export async function askAboutStarts(
  order: InstallOrder,
  {host, manager, flags}: InstallSurroundings,
  ask: (question: string) => Promise<boolean>,
): Promise<InstallOrder> {
  const {request, options} = order
  const {profile} = request
  const isRepeat = flags.force !== true && host.records.read(profile) !== null
  if (isRepeat || flags['elevated-handoff'] === true) return order
  const {capabilities} = (await host.registry.named(manager.kind)).backend
  const asksNow = flags['start-now'] !== true && flags['no-start'] !== true
  const asksLogin = capabilities.autostart && flags['start-on-login'] !== true && flags['no-autostart'] !== true
  if (!asksNow && !asksLogin) return order
  await manager.preview(request, options)
  const now = !asksNow || (await ask(`Start ${profile} now?`))
  const onLogin = !asksLogin || (await ask(`Start ${profile} whenever this account logs in?`))
  return {
    request: onLogin ? request : {...request, autostart: false},
    options: now ? options : {...options, start: false},
  }
}
