import {chmodSync, mkdtempSync, realpathSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {conformance} from '@hermes-svc/core/conformance'
import {askAll, renderFindings} from '../../../packages/backend-launchd/dist-test/scenarios/facts/facts.js'
import type {Mac} from '../../../packages/backend-launchd/dist-test/scenarios/mac.js'
import {play, type Scenario, titleOf} from '../../../packages/backend-launchd/dist-test/scenarios/scenario.js'
import {SCENARIOS} from '../../../packages/backend-launchd/dist-test/scenarios/scenarios.js'
import {CONFORMANCE_PREFIX} from '../../../packages/backend-launchd/dist-test/scenarios/throw-away.js'
import {makeForeignDefinition} from './foreign-definition.js'
import {Janitor, type Opener} from './janitor.js'
import {PROGRAM_SCENARIO} from './play-program.js'
import {noteInReport} from './report.js'
import {lookAround} from './surroundings.js'
import {findLogRotations, sweep} from './sweep.js'

const LONGEST_MS = 3_600_000
/** launchd counts whole seconds, and may take some of them to let go of a label. */
const TIMING = {stopTimeoutMs: 1000, restartDelayMs: 1000, quietMs: 2500, shortVerbMs: 1000, deadlineMs: 90_000}
const FACTS_TITLE = 'launchd does what the backend relies on'
const CONTRACT_TITLE = 'launchd keeps every sentence of the contract that binds it'
const ALL: readonly Scenario[] = [PROGRAM_SCENARIO, ...SCENARIOS]

/** Where everything is tried, and how other processes find that place. */
export interface Place {
  readonly mac: Mac
  /** Ends every title. */
  readonly label: string
  readonly opener: Opener
  /** URL of a module that exports the backend. Without it the contract is left out. */
  readonly backendModule?: string
  readonly mostRounds?: number
}

function testFacts({mac, label}: Place): void {
  test.serial(`${FACTS_TITLE} ${label}`, async t => {
    t.timeout(LONGEST_MS)
    const findings = await askAll(mac, 1)
    const table = renderFindings(findings)
    t.log(table)
    noteInReport('facts', `${label}\n\n${table}`)
    const failing = findings.filter(({verdict}) => verdict === 'FAILS')
    t.deepEqual(
      failing.map(({fact, got}) => `${fact.question}: expected ${fact.expected}, got ${got}`),
      [],
    )
  })
}

function testScenario({mac, label, mostRounds = Infinity}: Place, scenario: Scenario): void {
  const rounds = Math.min(scenario.rounds, mostRounds)
  const title = `${titleOf(scenario, rounds)} ${label}`
  const reason = scenario.exempt?.(mac) ?? null
  if (reason !== null) {
    test.skip(`${title} (skipped: ${reason})`, () => undefined)
    return
  }
  test.serial(title, async t => {
    t.timeout(LONGEST_MS)
    await t.notThrowsAsync(async () => {
      const figures = await play(mac, scenario, rounds)
      t.log(figures)
      noteInReport('figures', `- ${title}: ${figures}`)
    })
  })
}

function testContract({mac, label}: Place, module: string): void {
  const {entries} = conformance({
    backend: mac.backend,
    module,
    prefix: CONFORMANCE_PREFIX,
    scope: mac.scope,
    timing: TIMING,
    runsTools: true,
    foreign: (profile, argv) => Promise.resolve(makeForeignDefinition(mac, profile, argv)),
    test(title, run) {
      test.serial(`${title} ${label}`, async t => {
        t.timeout(LONGEST_MS)
        await t.notThrowsAsync(run)
      })
    },
  })
  // Nobody can log out and in again here, nor have launchd fall silent. The tests on a fake launchd do both.
  for (const {title, exempt} of entries)
    if (exempt !== null) test.skip(`${title} ${label} (skipped: ${exempt})`, () => undefined)
}

/** Tries everything on one Mac, and that nothing else there is touched. */
export async function testOnMac(place: Place): Promise<void> {
  const {mac, opener} = place
  // What a gateway finds out of its own directory has no links in it, as /tmp and /var are on macOS.
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'hm-'))
  chmodSync(directory, 0o755)
  process.env['TMPDIR'] = directory
  await sweep(mac)
  const before = await lookAround(mac)
  const janitor = new Janitor(opener, directory, findLogRotations(mac))
  const {account, scope, domain} = mac
  const of = account === null ? '' : `, gateways of the account ${account.name}`
  noteInReport('machine', `- scope ${scope}: domain ${domain}${of}`)
  test.serial.after.always('other jobs and definitions are as they were', async t => {
    t.timeout(LONGEST_MS)
    t.is(await janitor.end(), '', 'expected nothing to be left')
    t.deepEqual(await lookAround(mac), before)
  })
  testFacts(place)
  for (const scenario of ALL) testScenario(place, scenario)
  if (place.backendModule !== undefined) testContract(place, place.backendModule)
}

/** The same where there is no Mac: each is skipped, with the reason. */
export function skipOnMac(label: string, reason: string): void {
  for (const title of [FACTS_TITLE, CONTRACT_TITLE, ...ALL.map(each => titleOf(each, each.rounds))])
    test.skip(`${title} ${label} (skipped: ${reason})`, () => undefined)
}
