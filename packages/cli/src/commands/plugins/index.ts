import {readPackageJson} from '../../discovery/installed-packages.js'
import {envelope} from '../../output/envelope.js'
import {listedPlugin, type PluginsListOutput} from '../../output/plugins-output.js'
import {PluginCommand} from '../../plugins/plugin-command.js'
import {listedPluginLine} from '../../view/plugin-lines.js'

/** `plugins`. */
export default class Plugins extends PluginCommand {
  static override summary = 'List the plugins of this account'
  static override examples = ['<%= config.bin %> plugins', '<%= config.bin %> plugins --json']

  async run(): Promise<PluginsListOutput> {
    await this.parse(Plugins)
    const plugins = this.directory
      .entries()
      .map(entry => listedPlugin(entry, entry.root === undefined ? null : readPackageJson(entry.root)))
    if (plugins.length === 0) this.notice('no plugins are installed')
    this.print(plugins.map(listedPluginLine))
    return envelope({plugins, warnings: this.warnings})
  }
}
