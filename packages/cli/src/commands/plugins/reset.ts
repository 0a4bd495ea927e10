import type {PluginsRemovedOutput} from '../../output/plugins-output.js'
import {forceFlag, PluginRemovalCommand} from '../../plugins/plugin-removal-command.js'

/** `plugins reset`. */
export default class PluginsReset extends PluginRemovalCommand {
  static override summary = 'Remove all plugins, installed or linked'
  static override examples = ['<%= config.bin %> plugins reset']
  static override flags = forceFlag

  async run(): Promise<PluginsRemovedOutput> {
    const {flags} = await this.parse(PluginsReset)
    const names = this.directory.entries().map(({name}) => name)
    return await this.uninstallAll(names, flags)
  }
}
