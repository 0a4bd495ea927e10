import {effectiveValues} from '@hermes-svc/core'
import {BaseCommand} from '../../base-command.js'
import type {ConfigurationOutput} from '../../output/configuration-output.js'
import {envelope} from '../../output/envelope.js'
import {configurationTable} from '../../view/configuration-lines.js'

/** `config show`. */
export default class ConfigShow extends BaseCommand {
  static override summary = 'Show every setting, its value, and where the value comes from'
  static override examples = ['<%= config.bin %> config show']

  async run(): Promise<ConfigurationOutput> {
    const {flags} = await this.parse(ConfigShow)
    const host = await this.openHost(flags)
    const values = effectiveValues(host.configuration, host.origins)
    this.print(configurationTable(values, this.width))
    return envelope({values, warnings: [...new Set([...host.warnings, ...this.warnings])]})
  }
}
