import {createHash} from 'node:crypto'
import {lstatSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {isLogRotation, isThrowAway} from '../../../packages/backend-launchd/dist-test/scenarios/throw-away.js'
import type {Mac} from '../../../packages/backend-launchd/dist-test/scenarios/mac.js'

/** What is not ours on a Mac, and has to be the same afterwards. */
export interface Surroundings {
  /** Labels that are loaded. macOS' own come and go with what it does, and so do those of running applications. */
  readonly labels: readonly string[]
  /** What was decided about labels. */
  readonly decisions: readonly string[]
  /** Definitions, each with its mode and digest. */
  readonly definitions: readonly string[]
}

const COMES_AND_GOES = /^(com\.apple\.|application\.|0x)/

function describeFile(path: string, name: string): string {
  const stats = lstatSync(path)
  if (!stats.isFile()) return `${name} is no file`
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16)
  return `${name} ${(stats.mode & 0o7777).toString(8)} ${digest}`
}

function definitionsIn(directory: string): string[] {
  let names: string[]
  try {
    names = readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const others = names.filter(name => !isThrowAway(name)).sort()
  return others.map(name => describeFile(join(directory, name), name))
}

/** That the log rotation of a root is enabled stays noted for ever, without effect; of our roots too. */
function isOthersDecision(line: string): boolean {
  const [, label = '', decision = ''] = /^"(.*)" => (\w+)/.exec(line) ?? []
  return label !== '' && !isThrowAway(label) && !(isLogRotation(label) && /^(enabled|false)$/.test(decision))
}

/** Looks at everything that the scenarios must not touch. */
export async function lookAround(mac: Mac): Promise<Surroundings> {
  const {stdout: list} = await mac.launchctl('list')
  const all = list.split('\n').slice(1)
  const labels = all.map(line => line.split('\t')[2] ?? '').filter(label => label !== '')
  const decisions: string[] = []
  for (const domain of mac.domains) {
    const {stdout} = await mac.launchctl('print-disabled', domain)
    const lines = stdout.split('\n').map(line => line.trim())
    decisions.push(...lines.filter(isOthersDecision).map(line => `${domain} ${line}`))
  }
  return {
    labels: labels.filter(label => !isThrowAway(label) && !COMES_AND_GOES.test(label)).sort(),
    decisions: decisions.sort(),
    definitions: definitionsIn(mac.definitions),
  }
}
