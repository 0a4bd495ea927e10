import {Args} from '@oclif/core'
import type {PluginsRemovedOutput} from '../../output/plugins-output.js'
import {forceFlag, PluginRemovalCommand} from '../../plugins/plugin-removal-command.js'

/** `plugins uninstall`. */
export default class PluginsUninstall extends PluginRemovalCommand {
  static override summary = 'Remove plugins, installed or linked'
  static override description = 'A plugin is kept while gateways are defined with its backend, unless forced.'
  static override aliases = ['plugins:unlink', 'plugins:remove']
  static override examples = ['<%= config.bin %> plugins uninstall hermes-svc-backend-runit']
  static override args = {
    plugin: Args.string({
      description: 'Its name, or the directory that is linked; several may be given',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  }
  static override flags = forceFlag

  async run(): Promise<PluginsRemovedOutput> {
    const {args, flags} = await this.parse(PluginsUninstall)
    return await this.uninstallAll(args.plugin, flags)
  }
}
