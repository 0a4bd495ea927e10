import {statSync} from 'node:fs'
import {join} from 'node:path'
import {createToolRunner, type Host, serviceError} from '@hermes-svc/core'
import {Flags} from '@oclif/core'
import {ask, canAsk} from '../arguments/ask.js'
import type {CommonFlags} from '../base-command.js'
import {findPackage} from '../discovery/optional-dependencies.js'
import {envelope} from '../output/envelope.js'
import {pluginRow, type PluginsOutput} from '../output/plugins-output.js'
import {addressSummary, pluginResultLine, pluginSummary, skippedScripts} from '../view/plugin-lines.js'
import {toPrintable} from '../view/printable.js'
import {type Installation, installPlugin} from './install-plugin.js'
import {Npm} from './npm.js'
import {PluginCommand} from './plugin-command.js'
import {parsePluginRequest, type PluginRequest} from './plugin-request.js'

/** The flags of the commands that bring code of others. */
export const fetchFlags = {
  'allow-scripts': Flags.boolean({
    description: 'Run install scripts, also those of dependencies; they are off otherwise',
  }),
  yes: Flags.boolean({char: 'y', description: 'Do not ask on a terminal'}),
}

interface FetchFlags extends CommonFlags {
  readonly 'allow-scripts'?: boolean
  readonly yes?: boolean
}

function kindOf(path: string): 'file' | 'directory' | null {
  const found = statSync(path, {throwIfNoEntry: false})
  return found === undefined ? null : found.isDirectory() ? 'directory' : 'file'
}

/** What install and update share: showing, asking, fetching. */
export abstract class PluginFetchCommand extends PluginCommand {
  protected understand(word: string): PluginRequest {
    return parsePluginRequest(word, {cwd: process.cwd(), kindOf})
  }

  /** Installs each, in the order asked for; `requestOf` makes sense of a word. */
  protected async installAll(
    words: readonly string[],
    flags: FetchFlags,
    requestOf: (word: string) => PluginRequest,
  ): Promise<PluginsOutput> {
    const installation = this.#installation(await this.openHost(flags), flags)
    const {done, errors} = await this.changeAll(words, async word => {
      const row = pluginRow(await installPlugin(requestOf(word), installation))
      this.print([pluginResultLine(row)])
      const skipped = skippedScripts(row)
      if (skipped !== null) this.notice(skipped)
      return row
    })
    return envelope({plugins: done, errors, warnings: this.warnings})
  }

  #installation(host: Host, flags: FetchFlags): Installation {
    const allowScripts = flags['allow-scripts'] === true
    return {
      ...this.surroundings,
      host,
      allowScripts,
      directory: this.directory,
      npm: this.#npm(flags),
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
        if (verbose === true && !this.jsonEnabled()) process.stderr.write(`  ${toPrintable(line)}\n`)
      },
    })
  }

  async #approve(summary: readonly string[], question: string, {yes, quiet}: FetchFlags): Promise<void> {
    const {signal} = this.interruption
    const asks = yes !== true && canAsk() && !this.jsonEnabled()
    if (!this.jsonEnabled() && (quiet !== true || asks)) process.stderr.write(`${summary.join('\n')}\n`)
    if (!asks || (await ask(`It would run with all rights of this account. ${question}`, {signal}))) return
    throw serviceError('HSVC_ABORTED', 'not installed, as answered', {hint: 'nothing was changed'})
  }
}
