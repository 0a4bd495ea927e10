// Writes oclif.manifest.json, so that a published program need not import every command to know them.
import {rm, writeFile} from 'node:fs/promises'
import {dirname} from 'node:path'
import {fileURLToPath} from 'node:url'
import {Plugin} from '@oclif/core'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const path = `${root}/oclif.manifest.json`

// One that is there would be taken for the answer.
await rm(path, {force: true})
const plugin = new Plugin({root, type: 'core', isRoot: true, ignoreManifest: true, errorOnManifestCreate: true})
await plugin.load()
await writeFile(path, `${JSON.stringify(plugin.manifest, null, 2)}\n`)
