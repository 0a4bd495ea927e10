import {BaseCommand} from '../base-command.js'
import {installedBackendPackages, userPlugins} from '../discovery/installed-packages.js'
import {reportError} from '../error-report.js'
import {exitCodeOfBatch} from '../exit-codes.js'
import {type PluginErrorRow, pluginErrorRow} from '../output/plugins-output.js'
import type {Surroundings} from './assert-usable.js'
import {PluginDirectory} from './plugin-directory.js'

/** What became of several words. */
export interface Changes<T> {
  readonly done: readonly T[]
  readonly errors: readonly PluginErrorRow[]
}

/** What all commands for plugins share: where plugins are, and changes of them, one at a time. */
export abstract class PluginCommand extends BaseCommand {
  protected get directory(): PluginDirectory {
    return new PluginDirectory(this.config.dataDir)
  }

  /** What a plugin is held against here. */
  protected get surroundings(): Surroundings {
    return {packages: () => installedBackendPackages(userPlugins(this.config.dataDir)), platform: process.platform}
  }

  /** Does one thing for each word, within one change, going on after a failure. A single failure is the command's own. */
  protected async changeAll<T>(
    words: readonly string[],
    action: (word: string) => T | Promise<T>,
  ): Promise<Changes<T>> {
    const {directory} = this
    const {signal} = this.interruption
    const done: T[] = []
    const errors: PluginErrorRow[] = []
    if (words.length === 0) return {done, errors}
    await directory.change((this.id ?? '').replaceAll(':', ' '), signal, async () => {
      directory.sweep()
      for (const word of words) {
        try {
          signal.throwIfAborted()
          done.push(await action(word))
        } catch (error) {
          if (words.length === 1) throw error
          const report = reportError(error)
          errors.push(pluginErrorRow(word, report))
          this.printFailure(report)
        }
      }
    })
    this.exitWith(exitCodeOfBatch(errors))
    return {done, errors}
  }
}
