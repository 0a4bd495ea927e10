import {serviceError, toServiceError} from '@hermes-svc/core'
import {exitCodeOf} from '../exit-codes.js'
import {openHost} from '../open-host.js'

/** What is about to be installed; only a package of the registry has a name before it is fetched. */
interface PluginSource {
  readonly type: 'npm' | 'repo'
  readonly name?: string
  readonly url?: string
}

async function assertAllowed({type, name, url}: PluginSource): Promise<void> {
  const warn = (message: string): void => {
    process.stderr.write(`! ${message}\n`)
  }
  const {configuration, origins} = await openHost({packages: [], warn})
  const {allow} = configuration.plugins
  if (allow === null || (type === 'npm' && name !== undefined && allow.includes(name))) return
  const expected = allow.length === 0 ? 'no plugin' : `one of ${allow.join(', ')}`
  throw serviceError('HSVC_PERMISSION_DENIED', `plugins.allow: expected ${expected}, got ${name ?? url ?? 'no name'}`, {
    hint: `the list is set in ${origins['plugins.allow'] ?? 'the configuration'}; a file or repository has no name to be on it`,
  })
}

/** Holds `plugins install` to `plugins.allow`, before anything is fetched. */
export default async function pluginsPreinstall({plugin}: {plugin: PluginSource}): Promise<void> {
  try {
    await assertAllowed(plugin)
  } catch (error) {
    const failure = toServiceError(error)
    // oclif lets an error of a hook end the command only when it carries an exit code of oclif's own.
    throw Object.assign(failure, {oclif: {exit: exitCodeOf(failure.code)}})
  }
}
