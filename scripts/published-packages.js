import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

export const root = join(import.meta.dirname, '..')

function readPackage(directory) {
  const packageJson = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const {name, version, dependencies, optionalDependencies} = packageJson
  return {name, version, directory, packageJson, needs: Object.keys({...dependencies, ...optionalDependencies})}
}

/** The packages of packages/ that are published, each after those that it depends on. */
export function publishedPackages() {
  const waiting = readdirSync(join(root, 'packages'))
    .map(name => readPackage(join(root, 'packages', name)))
    .filter(({packageJson}) => packageJson.private !== true)
  const ordered = []
  while (waiting.length > 0) {
    const next = waiting.findIndex(({needs}) => !waiting.some(({name}) => needs.includes(name)))
    if (next === -1) throw new Error(`these packages depend on each other: ${waiting.map(({name}) => name).join(', ')}`)
    ordered.push(...waiting.splice(next, 1))
  }
  return ordered
}
