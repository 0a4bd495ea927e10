import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {RUNNER_FLAGS} from '../../packages/runner/dist/index.js'
import {hermesSvc} from '../cli.js'
import {median} from '../figures.js'
import {measureIdleRunner} from '../idle-runner.js'
import {Pm2Machine} from '../machines/pm2-machine.js'
import {S6Machine} from '../machines/s6-machine.js'
import {SupervisorMachine} from '../machines/supervisor-machine.js'
import {SyntheticS6} from '../machines/synthetic-s6.js'
import {alternate, expectRows, FLOOR} from '../measure.js'
import {fleetPeers, oclifPeer} from '../peers/fleet-peers.js'
import {whyNot} from '../peers/install-peers.js'
import {measurePeak, readMemory} from '../process-memory.js'
import {childrenOf} from '../process-tree.js'
import {profileNames} from '../profile-names.js'

/** Supervisors are asked when they have nothing left to do that belongs to a start. */
const IDLE_AFTER_MS = 2000
const SUPERVISED = [1, 100]

/** The most memory that a listing takes, and what stays resident when nothing happens. */
export async function memory(bench) {
  await measurePeaks(bench)
  await measureResidents(bench)
}

async function measurePeaks({cleanUp, options, results}) {
  const missing = whyNot('GNU time') || whyNot('s6')
  if (missing) return results.skip('peak memory', missing)
  const count = Math.max(...options.sizes)
  const fleet = await SyntheticS6.start(cleanUp)
  fleet.grow(count)
  const env = fleet.home.env({configuration: fleet.home.configuration('json')})
  const check = expectRows(count, ({gateways}) => gateways.filter(({state}) => state === 'running'))
  const ours = ['list', 'status'].map(verb => ({
    name: `hermes-svc gateway ${verb} --json`,
    argv: hermesSvc('gateway', verb, '--json'),
    env,
    check,
  }))
  const script = join(import.meta.dirname, '..', 'peers', 'list-as-reference.py')
  const python = {
    name: 'Python, as the reference module',
    argv: ['python3', script, fleet.machine.scandir],
    check: expectRows(count),
  }
  const peers = await fleetPeers(cleanUp, profileNames(count), options)
  const contenders = [FLOOR, ...ours, ...oclifPeer(), ...(whyNot('python') ? [] : [python]), ...peers.contenders]
  const turns = contenders.map(contender => ({...contender, measure: measurePeak}))
  const samples = await alternate(turns, {...options, warmUps: 0, value: ({peakKiB}) => peakKiB / 1024})
  results.table(`peak resident set with ${count} gateways`, samples, {
    unit: 'MiB',
    floor: FLOOR.name,
    gateways: count,
    skipped: peers.skipped,
  })
  await peers.stop()
  await fleet.stop()
}

async function measureResidents({cleanUp, options, results}) {
  const rows = [await idleRunner(options)]
  const skipped = []
  const add = async (peer, counts, measureOne) => {
    const reason = options.without.includes(peer) ? 'left out' : whyNot(peer)
    if (reason) return skipped.push({name: peer, reason})
    for (const count of counts) rows.push(await measureOne(count))
  }
  await add('s6', [1], () => s6Slot(cleanUp))
  await add('pm2', SUPERVISED, async count => {
    const machine = await Pm2Machine.start(cleanUp)
    await machine.install(profileNames(count))
    return await residentOf(machine, `pm2's daemon with ${count}`)
  })
  await add('supervisor', SUPERVISED, async count => {
    const machine = await SupervisorMachine.start(cleanUp, profileNames(count))
    return await residentOf(machine, `supervisord with ${count}`)
  })
  results.facts('resident memory when idle (MiB)', rows, {unit: 'MiB', skipped})
}

function inMiB(name, processes, memories) {
  const sum = key => Number((memories.reduce((total, each) => total + each[key], 0) / 1024).toFixed(2))
  return {name, processes, resident: sum('rssKiB'), private: sum('privateKiB')}
}

async function idleRunner({fleetRounds}) {
  const measured = []
  for (let round = 0; round < fleetRounds; round += 1) measured.push(await measureIdleRunner(RUNNER_FLAGS))
  const [rssKiB, privateKiB] = ['rssKiB', 'privateKiB'].map(key => median(measured.map(each => each[key])))
  return inMiB("embedded: a gateway's runner", 1, [{rssKiB, privateKiB}])
}

/** Two supervisors and a logger, all of them s6's own. */
async function s6Slot(cleanUp) {
  const machine = await S6Machine.start(cleanUp)
  await machine.home.install(['g00000'])
  await delay(IDLE_AFTER_MS)
  const supervisors = machine.supervisors()
  const loggers = supervisors.flatMap(childrenOf).filter(pid => nameOf(pid) === 's6-log')
  const row = inMiB('s6: what supervises a gateway', 3, [...supervisors, ...loggers].map(readMemory))
  if (supervisors.length !== 2 || loggers.length !== 1) throw new Error('expected two supervisors and a logger')
  await machine.stop()
  return row
}

function nameOf(pid) {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
}

async function residentOf(machine, name) {
  await delay(IDLE_AFTER_MS)
  const row = inMiB(name, 1, [readMemory(machine.pid)])
  await machine.stop()
  return row
}
