import {spawnSync} from 'node:child_process'
import {existsSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {cleanEnvironment} from './clean-environment.js'

/** The top directory of the checkout. */
export const REPOSITORY = join(import.meta.dirname, '..')
const CLI = join(REPOSITORY, 'packages', 'cli')

/** The command line of the program with these words. */
export function hermesSvc(...words) {
  return [process.execPath, join(CLI, 'bin', 'run.cjs'), ...words]
}

/** The words with --json among the program's own. */
export function withJson(words) {
  const end = words.includes('--') ? words.indexOf('--') : words.length
  return [...words.slice(0, end), '--json', ...words.slice(end)]
}

/** Has the program be as it is published: with the manifest of its commands, which a checkout does not have. */
export function publishManifest(cleanUp) {
  if (!existsSync(join(CLI, 'dist', 'main.js'))) throw new Error('not built: npm run build')
  const manifest = join(CLI, 'oclif.manifest.json')
  // One that is there would be taken for the truth when a command is changed.
  cleanUp.add(() => rmSync(manifest, {force: true}))
  const argv = [join(CLI, 'scripts', 'write-manifest.js'), CLI]
  const {status, stderr} = spawnSync(process.execPath, argv, {env: cleanEnvironment(), encoding: 'utf8'})
  if (status !== 0) throw new Error(`oclif.manifest.json could not be written: ${stderr}`)
}
