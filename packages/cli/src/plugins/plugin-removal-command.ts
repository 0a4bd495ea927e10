import {Flags} from '@oclif/core'
import type {CommonFlags} from '../base-command.js'
import {envelope} from '../output/envelope.js'
import type {PluginsRemovedOutput} from '../output/plugins-output.js'
import {uninstalledLine} from '../view/plugin-lines.js'
import {PluginCommand} from './plugin-command.js'
import {uninstallPlugin} from './uninstall-plugin.js'

/** The flag of the commands that take plugins away. */
export const forceFlag = {
  force: Flags.boolean({description: 'Also when gateways depend on its backend; they are left as they are'}),
}

/** What uninstall and reset share. */
export abstract class PluginRemovalCommand extends PluginCommand {
  protected async uninstallAll(
    words: readonly string[],
    flags: CommonFlags & {readonly force?: boolean},
  ): Promise<PluginsRemovedOutput> {
    const {directory} = this
    const host = await this.openHost(flags)
    const {done, errors} = await this.changeAll(words, word => {
      const gone = uninstallPlugin(word, {directory, host, force: flags.force === true})
      this.print([uninstalledLine(gone)])
      return gone
    })
    return envelope({removed: done, errors, warnings: this.warnings})
  }
}
