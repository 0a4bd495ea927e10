import {hermesSvc} from '../../cli.js'
import {EmbeddedMachine} from '../../machines/embedded-machine.js'
import {Pm2Machine} from '../../machines/pm2-machine.js'
import {S6Machine} from '../../machines/s6-machine.js'
import {SupervisorMachine} from '../../machines/supervisor-machine.js'
import {SystemdMachine} from '../../machines/systemd-machine.js'
import {alternate, expectRows} from '../../measure.js'
import {whyNot} from '../../peers/install-peers.js'
import {profileNames} from '../../profile-names.js'
import {BATCH, forEachSettle, rounds} from './fleet-parts.js'

function stopAndStart(env, count, suffix) {
  return ['stop', 'start'].map(verb => ({
    name: `hermes-svc gateway ${verb} --all${suffix}`,
    argv: hermesSvc('gateway', verb, '--all', '--json', '--timeout', '5m'),
    env,
    check: expectRows(count),
  }))
}

export async function startAndStopS6({cleanUp, options, results}, title) {
  const missing = whyNot('s6')
  if (missing) return results.skip(title, missing)
  const count = options.fleet
  const machines = []
  const make = async settle => {
    const machine = await S6Machine.start(cleanUp)
    machines.push(machine)
    console.log(`${count} gateways are installed …`)
    await machine.home.install(profileNames(count), {settle})
    return machine
  }
  const ours = await forEachSettle(make, ({home}, suffix) => stopAndStart(home.env(), count, suffix))
  const slots = machines.at(-1).slots()
  const batch = (name, verb) => ({name, argv: ['sh', BATCH, verb, ...slots]})
  const native = [batch('s6-svc -d each, s6-svwait', 'stop'), batch('s6-svc -u each, s6-svwait', 'start')]
  const samples = await alternate([...ours, native], rounds(options))
  results.table(`${title}, ${count} gateways`, samples, {gateways: count})
  for (const machine of machines) await machine.stop()
}

export async function startAndStopEmbedded({cleanUp, options, results}, title) {
  const count = options.fleet
  const names = profileNames(count)
  const machines = []
  const make = async settle => {
    const machine = EmbeddedMachine.start(cleanUp)
    machines.push(machine)
    console.log(`${count} gateways are installed …`)
    await machine.home.install(names, {settle})
    return machine
  }
  const ours = await forEachSettle(make, ({home}, suffix) => stopAndStart(home.env(), count, suffix))
  const peers = []
  const skipped = []
  const add = async (peer, tool, start) => {
    const reason = options.without.includes(peer) ? 'left out' : whyNot(peer)
    if (reason) return skipped.push({name: peer, reason})
    const machine = await start()
    machines.push(machine)
    // They say that they are done; whether they are is asked when the clock has stopped.
    peers.push(
      ['stop', 'start'].map(verb => ({
        name: `${tool} ${verb} all`,
        argv: machine.argv(verb, 'all'),
        env: machine.env,
        after: () => machine.untilRunning(verb === 'start' ? count : 0),
      })),
    )
  }
  await add('pm2', 'pm2', async () => {
    const pm2 = await Pm2Machine.start(cleanUp)
    await pm2.install(names)
    return pm2
  })
  await add('supervisor', 'supervisorctl', () => SupervisorMachine.start(cleanUp, names))
  const samples = await alternate([...ours, ...peers], rounds(options))
  results.table(`${title}, ${count} gateways`, samples, {gateways: count, skipped})
  for (const machine of machines) await machine.stop()
}

export async function startAndStopSystemd({cleanUp, options, results}, title) {
  const reason = SystemdMachine.whyNot()
  if (reason) return results.skip(title, reason)
  const count = options.fleet
  const machines = []
  const make = async settle => {
    const machine = await SystemdMachine.start(cleanUp)
    machines.push(machine)
    console.log(`${count} units are installed …`)
    await machine.install(count, settle)
    return machine
  }
  const inside = (machine, turn) => turn.map(each => machine.contender(each))
  const ours = await forEachSettle(make, (machine, suffix) => inside(machine, stopAndStart({}, count, suffix)))
  const units = profileNames(count).map(name => `hermes-svc-${name}.service`)
  const native = ['stop', 'start'].map(verb => ({name: `systemctl ${verb} UNIT…`, argv: ['systemctl', verb, ...units]}))
  const samples = await alternate([...ours, inside(machines.at(-1), native)], rounds(options))
  results.table(`${title}, ${count} units`, samples, {gateways: count})
  for (const machine of machines) await machine.stop()
}
