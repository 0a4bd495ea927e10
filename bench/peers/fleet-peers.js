import {join} from 'node:path'
import {Pm2Machine} from '../machines/pm2-machine.js'
import {SupervisorMachine} from '../machines/supervisor-machine.js'
import {expectLines, expectRows} from '../measure.js'
import {PEERS, whyNot} from './install-peers.js'

/** pm2 and supervisor with a program for each name: {contenders, skipped, stop}. */
export async function fleetPeers(cleanUp, names, {without}) {
  const contenders = []
  const skipped = []
  const machines = []
  const add = async (name, peer, make) => {
    const reason = without.includes(peer) ? 'left out' : whyNot(peer)
    if (reason) skipped.push({name, reason})
    else contenders.push({name, ...(await make())})
  }
  await add('pm2 jlist', 'pm2', async () => {
    const pm2 = await Pm2Machine.start(cleanUp)
    machines.push(pm2)
    await pm2.install(names)
    return {argv: pm2.argv('jlist'), env: pm2.env, check: expectRows(names.length, rows => rows)}
  })
  await add('supervisorctl status', 'supervisor', async () => {
    const supervisor = await SupervisorMachine.start(cleanUp, names)
    machines.push(supervisor)
    return {argv: supervisor.argv('status'), check: expectLines(names.length, / RUNNING /)}
  })
  return {contenders, skipped, stop: () => Promise.all(machines.map(machine => machine.stop()))}
}

/** The least that a command of oclif takes; nothing where it is not installed. */
export function oclifPeer() {
  const argv = [process.execPath, join(PEERS, 'oclif-cli', 'run.js'), 'list', '--json']
  return whyNot('a minimal oclif CLI') ? [] : [{name: 'a minimal oclif CLI', argv, check: expectRows(0)}]
}
