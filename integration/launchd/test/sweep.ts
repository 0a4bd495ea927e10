import {existsSync, readdirSync, readFileSync, rmdirSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {MACHINE_PLACES} from '../../../packages/backend-launchd/dist/job-paths.js'
import {eventually} from '../../../packages/backend-launchd/dist-test/scenarios/eventually.js'
import type {Mac} from '../../../packages/backend-launchd/dist-test/scenarios/mac.js'
import {
  isLogRotation,
  isThrowAway,
  namesThrowAway,
} from '../../../packages/backend-launchd/dist-test/scenarios/throw-away.js'

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : []
}

/** The label that a file is named after; also of one that a killed install had staged. */
function labelOf(file: string): string {
  return file.replace(/^\.staging-/, '').replace(/\.plist(\.[0-9a-f]+)?$/, '')
}

/** Labels of ours in a text, whatever it is. */
function labelsIn(text: string): string[] {
  return (text.match(/ai\.hermes[\w.-]+/g) ?? []).map(labelOf).filter(isThrowAway)
}

/** Whether a definition is one of ours: by its label, or because it rotates the logs of a root of ours. */
function isOurs(directory: string, file: string, spared: readonly string[] | null): boolean {
  const label = labelOf(file)
  if (isThrowAway(label)) return true
  if (!isLogRotation(label)) return false
  if (spared !== null) return !spared.includes(label)
  return namesThrowAway(readFileSync(join(directory, file), 'utf8'))
}

/** The jobs that rotate logs of profile roots now; none of them is ours before we have begun. */
export function findLogRotations(mac: Mac): string[] {
  return namesIn(mac.definitions).map(labelOf).filter(isLogRotation)
}

async function unload(mac: Mac, target: string): Promise<boolean> {
  if ((await mac.launchctl('print', target)).code !== 0) return false
  await mac.launchctl('bootout', target)
  await eventually(`${target} is gone`, async () => (await mac.launchctl('print', target)).code !== 0)
  return true
}

async function sweepDomain(mac: Mac, domain: string, found: ReadonlySet<string>): Promise<string[]> {
  const {stdout: printed} = await mac.launchctl('print', domain)
  const {stdout: listed} = await mac.launchctl('list')
  const unloaded: string[] = []
  for (const label of new Set([...found, ...labelsIn(printed), ...labelsIn(listed)]))
    if (await unload(mac, `${domain}/${label}`)) unloaded.push(label)
  const {stdout: decisions} = await mac.launchctl('print-disabled', domain)
  const disabled = decisions.split('\n').filter(line => /=> (disabled|true)/.test(line))
  for (const label of labelsIn(disabled.join('\n'))) await mac.launchctl('enable', `${domain}/${label}`)
  return unloaded
}

/** What daemons leave outside of everybody's home; the directories as well, where nobody else uses them. */
function removeMachineFiles(swept: ReadonlySet<string>): void {
  const {support, logs} = MACHINE_PLACES
  // The end of such a label is the name of the directory that the same root has.
  for (const label of [...swept].filter(isLogRotation))
    rmSync(join(support, label.split('.').at(-1) ?? '', '.log-rotation'), {recursive: true, force: true})
  for (const place of [logs, ...namesIn(support).map(name => join(support, name)), support]) {
    for (const name of namesIn(place).filter(namesThrowAway)) rmSync(join(place, name), {recursive: true, force: true})
    if (existsSync(place) && namesIn(place).length === 0) rmdirSync(place)
  }
}

/**
 * Takes away whatever the scenarios made on a Mac, also what a run that was killed left: definitions first, so that no
 * login loads them again. `spared` are the jobs that rotate logs and were there before; null: those that name no root of
 * ours. What launchd noted about our labels cannot be taken back: they stay noted as enabled. Gives what was still there.
 */
export async function sweep(mac: Mac, spared: readonly string[] | null = null): Promise<string[]> {
  const files = namesIn(mac.definitions).filter(file => isOurs(mac.definitions, file, spared))
  for (const file of files) rmSync(join(mac.definitions, file), {force: true})
  const swept = new Set(files.map(labelOf))
  for (const domain of mac.domains) for (const label of await sweepDomain(mac, domain, swept)) swept.add(label)
  if (mac.isReal && mac.scope === 'system') removeMachineFiles(swept)
  return [...swept].sort()
}
