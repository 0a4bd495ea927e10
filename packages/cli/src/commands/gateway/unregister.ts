import {Flags} from '@oclif/core'
import {distinct, someProfiles} from '../../arguments/profile-args.js'
import {timeoutFlag} from '../../arguments/time-flags.js'
import {envelope} from '../../output/envelope.js'
import type {RemovedOutput} from '../../output/removed-output.js'
import {RemovalCommand} from '../../removal-command.js'

/** `gateway unregister`. */
export default class GatewayUnregister extends RemovalCommand {
  static override summary = 'Stop registered gateways and remove them; installed ones are refused'
  static override examples = ['<%= config.bin %> gateway unregister coder --if-supported']
  static override args = someProfiles
  static override flags = {
    'if-supported': Flags.boolean({description: 'Do nothing, silently, where the backend cannot'}),
    timeout: timeoutFlag(),
  }

  async run(): Promise<RemovedOutput> {
    const {args, flags} = await this.parse(GatewayUnregister)
    const host = await this.openHost(flags)
    const manager = await host.manager({backend: flags.backend})
    if (flags['if-supported'] && !manager.supportsRuntimeRegistration()) {
      return envelope({removed: [], errors: [], warnings: this.warnings})
    }
    return await this.removeAll(distinct(args.profile), flags, async (profile, options) => {
      const registered = (await manager.listProfileGateways()).includes(profile)
      await manager.unregisterProfileGateway(profile, options)
      return {profile, removed: registered ? [profile] : [], kept: []}
    })
  }
}
