import {distinct, someProfiles} from '../../arguments/profile-args.js'
import {timeoutFlag} from '../../arguments/time-flags.js'
import type {RemovedOutput} from '../../output/removed-output.js'
import {RemovalCommand} from '../../removal-command.js'

/** `gateway uninstall`. */
export default class GatewayUninstall extends RemovalCommand {
  static override summary = 'Stop gateways and remove exactly what install or register made'
  static override examples = ['<%= config.bin %> gateway uninstall coder']
  static override args = someProfiles
  static override flags = {timeout: timeoutFlag()}

  async run(): Promise<RemovedOutput> {
    const {args, flags} = await this.parse(GatewayUninstall)
    const host = await this.openHost(flags)
    return await this.removeAll(distinct(args.profile), flags, async (profile, options) => {
      const manager = await host.managerFor(profile, {backend: flags.backend})
      return await manager.uninstall(profile, options)
    })
  }
}
