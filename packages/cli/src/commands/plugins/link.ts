import {resolve} from 'node:path'
import {Args, Flags} from '@oclif/core'
import {envelope} from '../../output/envelope.js'
import type {PluginsLinkedOutput} from '../../output/plugins-output.js'
import {linkPlugin} from '../../plugins/link-plugin.js'
import {PluginCommand} from '../../plugins/plugin-command.js'
import {linkedLine} from '../../view/plugin-lines.js'

/** `plugins link`. */
export default class PluginsLink extends PluginCommand {
  static override summary = 'Use a plugin where it is being worked on'
  static override description = 'The directory stands for the plugin; nothing is copied, fetched or built.'
  static override examples = ['<%= config.bin %> plugins link ./hermes-svc-backend-example']
  static override args = {
    directory: Args.string({description: 'Where its package.json is', required: true, ignoreStdin: true}),
  }
  static override flags = {
    // oclif's own command of this name installs dependencies unless told not to.
    'no-install': Flags.boolean({hidden: true}),
  }

  async run(): Promise<PluginsLinkedOutput> {
    const {args, flags} = await this.parse(PluginsLink)
    const {directory, surroundings} = this
    const host = await this.openHost(flags)
    const {done} = await this.changeAll([resolve(args.directory)], root => {
      const linked = linkPlugin(root, {...surroundings, directory, host})
      this.print([linkedLine(linked)])
      return linked
    })
    return envelope({linked: done, warnings: this.warnings})
  }
}
