import {dirname, extname} from 'node:path'
import {readJsonFile} from './read-json-file.js'

type Loader = (path: string, contents: string) => unknown

function refuse(path: string): never {
  throw new Error(`${path} is a program; a configuration is data, in JSON or YAML`)
}

/** cosmiconfig would read another file where this key says so. */
function assertNoImport(data: unknown): unknown {
  if (data !== null && typeof data === 'object' && Object.hasOwn(data, '$import')) {
    throw new Error('unknown key $import: one file holds the whole configuration')
  }
  return data
}

function dataOnly(load: Loader): Loader {
  return (path, contents) => assertNoImport(load(path, contents))
}

/**
 * Runs an action in a directory that only administrators write to, and returns to where it was. cosmiconfig 9 looks
 * for a configuration of its own in the current directory while it is constructed, and executes what it finds.
 */
function inSafeDirectory<T>(action: () => T): T {
  const before = attempt(() => process.cwd())
  process.chdir(process.platform === 'win32' ? dirname(process.execPath) : '/')
  try {
    return action()
  } finally {
    // A directory that was removed meanwhile cannot be returned to, and nothing of ours needs it.
    if (before !== null) attempt(() => process.chdir(before))
  }
}

function attempt<T>(action: () => T): T | null {
  try {
    return action()
  } catch {
    return null
  }
}

/**
 * Reads one JSON or YAML file: through cosmiconfig, which costs as much as half of Node's own start, unless it is JSON and
 * nothing is wrong with it. Throws the parser's or the system's error.
 */
export async function readDataFile(path: string): Promise<unknown> {
  const data = extname(path) === '.json' ? readJsonFile(path) : undefined
  return data === undefined ? await readByCosmiconfig(path) : (assertNoImport(data) ?? {})
}

async function readByCosmiconfig(path: string): Promise<unknown> {
  const {cosmiconfig, defaultLoaders} = await import('cosmiconfig')
  const json = dataOnly(defaultLoaders['.json'])
  const yaml = dataOnly(defaultLoaders['.yaml'])
  const explorer = inSafeDirectory(() =>
    cosmiconfig('hermes-svc', {
      searchPlaces: [],
      loaders: {
        '.json': json,
        '.yaml': yaml,
        '.yml': yaml,
        '.js': refuse,
        '.ts': refuse,
        '.mjs': refuse,
        '.cjs': refuse,
        noExt: yaml,
      },
    }),
  )
  const result = await explorer.load(path)
  return (result?.config as unknown) ?? {}
}
