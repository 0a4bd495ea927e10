import {join} from 'node:path'
import {statSync} from 'node:fs'
import {createToolRunner, type Host, serviceError} from '@hermes-svc/core'
import {Flags} from '@oclif/core'
import {BaseCommand, type CommonFlags} from '../base-command.js'
import {ask} from '../arguments/ask.js'
import {installedBackendPackages} from '../discovery/installed-packages.js'
import {findPackage} from '../discovery/optional-dependencies.js'
import {reportError} from '../error-report.js'
import {exitCodeOfBatch} from '../exit-codes.js'
import {envelope} from '../output/envelope.js'
import {
  type PluginErrorRow,
  pluginErrorRow,
  pluginRow,
  type PluginsLinkedOutput,
  type PluginsOutput,
  type PluginsRemovedOutput,
} from '../output/plugins-output.js'
import {
  addressSummary,
  pluginResultLine,
  pluginSummary,
  linkedLine,
  skippedScripts,
  uninstalledLine,
} from '../view/plugin-lines.js'
import {type Installation, installPlugin} from './install-plugin.js'
import type {Surroundings} from './assert-usable.js'
import {type LinkedPlugin, linkPlugin} from './link-plugin.js'
import {Npm} from './npm.js'
import {PluginDirectory} from './plugin-directory.js'
import {parsePluginRequest, type PluginRequest} from './plugin-request.js'
import {uninstallPlugin} from './uninstall-plugin.js'

/** The flags of every command that brings code of others. */
export const fetchFlags = {
  'allow-scripts': Flags.boolean({
    description: 'Run install scripts, also those of dependencies; they are off otherwise',
  }),
  yes: Flags.boolean({char: 'y', description: 'Do not ask on a terminal'}),
}

/** The flag of every command that takes plugins away. */
export const forceFlag = {
  force: Flags.boolean({description: 'Also when gateways depend on its backend; they are left as they are'}),
}

interface FetchFlags extends CommonFlags {
  readonly 'allow-scripts'?: boolean
  readonly yes?: boolean
}

function kindOf(path: string): 'file' | 'directory' | null {
  const found = statSync(path, {throwIfNoEntry: false})
  return found === undefined ? null : found.isDirectory() ? 'directory' : 'file'
}

/** What install and update share: looking, showing, asking, fetching, and going on after a failure. */
export abstract class PluginCommand extends BaseCommand {
  protected get directory(): PluginDirectory {
    return new PluginDirectory(this.config.dataDir)
  }

  protected understand(input: string): PluginRequest {
    return parsePluginRequest(input, {cwd: process.cwd(), kindOf})
  }

  /** Installs each, in the order asked for; `requestOf` makes sense of a word. */
  protected async installAll(
    words: readonly string[],
    flags: FetchFlags,
    requestOf: (word: string) => PluginRequest,
  ): Promise<PluginsOutput> {
    const installation = this.#installation(await this.openHost(flags), flags)
    const [plugins, errors] = await this.#changeAll(words, async word => {
      const row = pluginRow(await installPlugin(requestOf(word), installation))
      this.print([pluginResultLine(row)])
      const skipped = skippedScripts(row)
      if (skipped !== null) this.notice(skipped)
      return row
    })
    return envelope({plugins, errors, warnings: this.warnings})
  }

  /** Uninstalls each. */
  protected async uninstallAll(
    words: readonly string[],
    flags: CommonFlags & {readonly force?: boolean},
  ): Promise<PluginsRemovedOutput> {
    const {directory} = this
    const host = await this.openHost(flags)
    const [removed, errors] = await this.#changeAll(words, word => {
      const gone = uninstallPlugin(word, {directory, host, force: flags.force === true})
      this.print([uninstalledLine(gone)])
      return Promise.resolve(gone)
    })
    return envelope({removed, errors, warnings: this.warnings})
  }

  /** Links one directory. */
  protected async link(root: string, flags: CommonFlags): Promise<PluginsLinkedOutput> {
    const {directory} = this
    const surroundings = {directory, host: await this.openHost(flags), ...this.#surroundings}
    const link = (): Promise<LinkedPlugin> => Promise.resolve(linkPlugin(root, surroundings))
    const linked = await directory.change('plugins link', this.interruption.signal, link)
    this.print([linkedLine(linked)])
    return envelope({linked: [linked], warnings: this.warnings})
  }

  /** Does one thing for each word, within one change, going on after a failure. A single failure is the command's own. */
  async #changeAll<T>(
    words: readonly string[],
    action: (word: string) => Promise<T>,
  ): Promise<[T[], PluginErrorRow[]]> {
    const {directory} = this
    const done: T[] = []
    const errors: PluginErrorRow[] = []
    if (words.length === 0) return [done, errors]
    await directory.change((this.id ?? '').replaceAll(':', ' '), this.interruption.signal, async () => {
      directory.sweep()
      for (const word of words) {
        try {
          this.interruption.signal.throwIfAborted()
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
    return [done, errors]
  }

  get #surroundings(): Surroundings {
    return {packages: () => installedBackendPackages(this.config.dataDir), platform: process.platform}
  }

  #installation(host: Host, flags: FetchFlags): Installation {
    const allowScripts = flags['allow-scripts'] === true
    return {
      host,
      allowScripts,
      directory: this.directory,
      npm: this.#npm(flags),
      ...this.#surroundings,
      approveAddress: address => this.#approve(addressSummary(address), 'Fetch it to see?', flags),
      approve: (facts, current) => this.#approve(pluginSummary(facts, current, allowScripts), 'Install it?', flags),
      during: async (text, action) => {
        const progress = this.progress(text)
        return await action().finally(() => progress.stop())
      },
    }
  }

  /** The npm that comes with oclif's plugin for plugins, where that is installed, else the one on PATH. */
  #npm({verbose}: FetchFlags): Npm {
    const home = this.config.plugins.get('@oclif/plugin-plugins')?.root
    const npm = home === undefined ? null : findPackage('npm', home)
    return new Npm({
      tools: createToolRunner(process.env),
      script: npm === null ? null : join(npm, 'bin', 'npm-cli.js'),
      registry: this.config.npmRegistry ?? null,
      signal: this.interruption.signal,
      debug: line => {
        if (verbose === true && !this.jsonEnabled()) process.stderr.write(`  ${line}\n`)
      },
    })
  }

  async #approve(summary: readonly string[], question: string, {yes, quiet}: FetchFlags): Promise<void> {
    const asks = yes !== true && process.stdin.isTTY && process.stdout.isTTY && !this.jsonEnabled()
    if (!this.jsonEnabled() && (quiet !== true || asks)) process.stderr.write(`${summary.join('\n')}\n`)
    if (!asks || (await ask(`It would run with all rights of this account. ${question}`, this.interruption.signal)))
      return
    throw serviceError('HSVC_ABORTED', 'not installed, as answered', {hint: 'nothing was changed'})
  }
}
