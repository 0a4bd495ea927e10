import {Args} from '@oclif/core'
import type {PluginsOutput} from '../../output/plugins-output.js'
import {fetchFlags, PluginFetchCommand} from '../../plugins/plugin-fetch-command.js'

/** `plugins install`. */
export default class PluginsInstall extends PluginFetchCommand {
  static override summary = 'Install plugins, such as backends for other init systems'
  static override description =
    'What a plugin is, where it comes from and whether it has install scripts is shown before any code of it is fetched. A failure leaves the version that was there.'
  static override aliases = ['plugins:add']
  static override examples = [
    '<%= config.bin %> plugins install hermes-svc-backend-runit',
    '<%= config.bin %> plugins install hermes-svc-backend-runit@1.2.0 --yes',
    '<%= config.bin %> plugins install ./hermes-svc-backend-runit-1.2.0.tgz',
  ]
  static override args = {
    plugin: Args.string({
      description: 'NAME, NAME@VERSION, a tarball or directory, or the URL of a repository; several may be given',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  }
  static override flags = fetchFlags

  async run(): Promise<PluginsOutput> {
    const {args, flags} = await this.parse(PluginsInstall)
    return await this.installAll(args.plugin, flags, word => this.understand(word))
  }
}
