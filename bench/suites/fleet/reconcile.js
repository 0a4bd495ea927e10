import {cpSync, mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {hermesSvc} from '../../cli.js'
import {EmbeddedMachine} from '../../machines/embedded-machine.js'
import {Pm2Machine} from '../../machines/pm2-machine.js'
import {S6Machine} from '../../machines/s6-machine.js'
import {alternate, runProgram} from '../../measure.js'
import {whyNot} from '../../peers/install-peers.js'
import {isAlive} from '../../process-tree.js'
import {profileNames} from '../../profile-names.js'
import {waitUntil} from '../../wait-until.js'
import {BATCH, forEachSettle, INSTALL_MANY, rounds} from './fleet-parts.js'

/** As in a container that was recreated: the records are there, the scan directory is empty. */
export async function reconcileS6({cleanUp, options, results}, title) {
  const missing = whyNot('s6')
  if (missing) return results.skip(title, missing)
  const count = options.reconcile
  const machines = []
  const make = async settle => {
    const machine = await S6Machine.start(cleanUp)
    machines.push(machine)
    console.log(`${count} gateways are installed …`)
    const env = {...machine.home.env(), HERMES_SVC_START_SETTLE: settle}
    await runProgram({argv: [process.execPath, INSTALL_MANY, String(count)], env})
    return machine
  }
  const recreate = machine => async () => {
    await machine.halt()
    for (const slot of machine.slots()) rmSync(slot, {recursive: true})
    await machine.boot()
  }
  const ours = (machine, suffix, settle, words = []) => ({
    name: ['hermes-svc gateway reconcile', ...words].join(' ') + suffix,
    argv: hermesSvc('gateway', 'reconcile', '--json', ...words),
    env: {...machine.home.env(), HERMES_SVC_START_SETTLE: settle},
    before: recreate(machine),
    check: JSON.parse,
    after: () => machine.untilRunning(count),
  })
  const contenders = await forEachSettle(make, ours)
  const [machine] = machines
  const source = join(machine.directory, 'finished')
  mkdirSync(source)
  await makePlainSlots(cleanUp, source, count)
  contenders.push(ours(machine, '', '1s', ['--no-wait']), {
    name: 'cp of finished slots and s6-svscanctl -a',
    argv: ['sh', BATCH, 'boot', source, machine.scandir],
    before: recreate(machine),
    after: () => machine.untilRunning(count),
  })
  results.table(`${title} of ${count} on s6`, await alternate(contenders, rounds(options)), {gateways: count})
  for (const each of machines) await each.stop()
}

async function makePlainSlots(cleanUp, destination, count) {
  const maker = await S6Machine.start(cleanUp)
  await runProgram({argv: ['sh', BATCH, 'install', maker.scandir, String(count)]})
  await maker.stop()
  for (const slot of readdirSync(maker.scandir).filter(name => name.startsWith('plain-'))) {
    const isDefinition = path => !/\/(supervise|event)$/.test(path)
    cpSync(join(maker.scandir, slot), join(destination, slot), {recursive: true, filter: isDefinition})
  }
}

/** As after a reboot: the runners are gone, and what they are to run is wanted up. */
export async function reconcileEmbedded({cleanUp, options, results}, title) {
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
  const endRunners = machine => async () => {
    const pids = names.map(name => runnerOf(machine, name))
    for (const pid of pids) process.kill(pid, 'SIGTERM')
    await waitUntil('the runners end', () => !pids.some(isAlive))
  }
  const contenders = await forEachSettle(make, (machine, suffix, settle) => ({
    name: `hermes-svc gateway reconcile${suffix}`,
    argv: hermesSvc('gateway', 'reconcile', '--json'),
    env: {...machine.home.env(), HERMES_SVC_START_SETTLE: settle},
    before: endRunners(machine),
    check: JSON.parse,
  }))
  const skipped = []
  const reason = options.without.includes('pm2') ? 'left out' : whyNot('pm2')
  if (reason) skipped.push({name: 'pm2 resurrect', reason})
  else contenders.push(await pm2Resurrect(cleanUp, names))
  const samples = await alternate(contenders, rounds(options))
  results.table(`${title} of ${count}`, samples, {gateways: count, skipped})
  for (const machine of machines) await machine.stop()
}

function runnerOf({home}, name) {
  return JSON.parse(readFileSync(join(home.record(name), 'embedded', 'state.json'), 'utf8')).runner.pid
}

async function pm2Resurrect(cleanUp, names) {
  const pm2 = await Pm2Machine.start(cleanUp)
  await pm2.install(names)
  await pm2.run('save')
  return {
    name: 'pm2 resurrect',
    argv: pm2.argv('resurrect'),
    env: pm2.env,
    before: () => pm2.halt(),
    after: () => pm2.untilRunning(names.length),
  }
}
