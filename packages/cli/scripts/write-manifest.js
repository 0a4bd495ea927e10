// node write-manifest.js DIRECTORY: writes oclif.manifest.json there, so that a published program need not import every command.
import {writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {Plugin} from '@oclif/core'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [destination] = process.argv.slice(2)
if (destination === undefined) throw new Error('expected the directory to write to, got none')

const plugin = new Plugin({root, type: 'core', isRoot: true, ignoreManifest: true, errorOnManifestCreate: true})
await plugin.load()
await writeFile(join(destination, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, null, 2)}\n`)
