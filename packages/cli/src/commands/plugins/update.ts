import {Args} from '@oclif/core'
import {serviceError} from '@hermes-svc/core'
import type {PluginsOutput} from '../../output/plugins-output.js'
import {fetchFlags, PluginFetchCommand} from '../../plugins/plugin-fetch-command.js'
import type {PluginRequest} from '../../plugins/plugin-request.js'

/** `plugins update`. */
export default class PluginsUpdate extends PluginFetchCommand {
  static override summary = 'Bring plugins up to the newest version of what was asked for'
  static override description =
    'A plugin that was installed by name and tag follows that tag; one from a file, directory or URL is taken from there again. Linked plugins have no update.'
  static override examples = [
    '<%= config.bin %> plugins update',
    '<%= config.bin %> plugins update hermes-svc-backend-runit',
  ]
  static override args = {
    plugin: Args.string({description: 'Its name; all when left out', multiple: true, ignoreStdin: true}),
  }
  static override flags = fetchFlags

  async run(): Promise<PluginsOutput> {
    const {args, flags} = await this.parse(PluginsUpdate)
    const all = this.directory
      .entries()
      .filter(({type}) => type === 'user')
      .map(({name}) => name)
    if (args.plugin === undefined && all.length === 0) this.notice('no plugins are installed')
    return await this.installAll(args.plugin ?? all, flags, name => this.#requestOf(name))
  }

  #requestOf(name: string): PluginRequest {
    const entry = this.directory.entries().find(one => one.name === name)
    if (entry?.type === 'user') return this.understand(entry.url ?? `${name}@${entry.tag ?? 'latest'}`)
    const got = entry === undefined ? 'no such plugin' : `one that is linked from ${entry.root ?? 'elsewhere'}`
    throw serviceError(
      'HSVC_INVALID_SPEC',
      `expected the name of an installed plugin, got ${JSON.stringify(name)}: ${got}`,
      {
        hint: 'hermes-svc plugins',
      },
    )
  }
}
