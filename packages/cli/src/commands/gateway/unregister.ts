import {Flags} from '@oclif/core'
import {assertProfileName, type Removed, type VerbOptions} from '@hermes-svc/core'
import {distinct, someProfiles} from '../../arguments/profile-args.js'
import {timeoutFlag} from '../../arguments/time-flags.js'
import {skipForHook} from '../../hook-skip.js'
import type {RemovedOutput} from '../../output/removed-output.js'
import {RemovalCommand} from '../../removal-command.js'

/** `gateway unregister`. */
export default class GatewayUnregister extends RemovalCommand {
  static override summary = 'Stop registered gateways and remove them; installed ones are refused'
  static override examples = ['<%= config.bin %> gateway unregister coder --if-supported']
  static override args = someProfiles
  static override flags = {
    'if-supported': Flags.boolean({description: 'For hooks: no failure where there is nothing to do'}),
    timeout: timeoutFlag(),
  }

  async run(): Promise<RemovedOutput> {
    const {args, flags} = await this.parse(GatewayUnregister)
    const host = await this.openHost(flags)
    const remove = async (profile: string, options: VerbOptions): Promise<Removed> => {
      if (flags['if-supported']) assertProfileName(profile)
      const manager = await host.manager({backend: flags.backend})
      const registered = (await manager.listProfileGateways()).includes(profile)
      await manager.unregisterProfileGateway(profile, options)
      return {profile, removed: registered ? [profile] : [], kept: []}
    }
    const skip = (profile: string, error: Error) => skipForHook(host, 'unregister', profile, error)
    return await this.removeAll(distinct(args.profile), flags, remove, flags['if-supported'] ? skip : null)
  }
}
