import {hermesSvc} from '../../cli.js'
import {Pm2Machine} from '../../machines/pm2-machine.js'
import {S6Machine} from '../../machines/s6-machine.js'
import {alternate, runProgram} from '../../measure.js'
import {whyNot} from '../../peers/install-peers.js'
import {profileNames} from '../../profile-names.js'
import {BATCH, INSTALL_MANY, rounds} from './fleet-parts.js'

const UNSETTLED = {HERMES_SVC_START_SETTLE: '0s'}

/** Into an empty scan directory each time. */
export async function installMany({cleanUp, options, results}, title) {
  const missing = whyNot('s6')
  if (missing) return results.skip(title, missing)
  const count = options.fleet
  const before = () => S6Machine.start(cleanUp)
  const after = async (_round, machine) => {
    const {length} = machine.slots()
    await machine.stop()
    if (length !== count) throw new Error(`expected ${count} service directories, got ${length}`)
  }
  const oneByOne = async (contender, _round, {home}) => {
    const started = performance.now()
    for (const name of profileNames(count)) {
      const argv = hermesSvc('gateway', 'install', name, '--', '/bin/sleep', '1000000')
      await runProgram({...contender, argv, env: {...home.env(), ...UNSETTLED}})
    }
    return {ms: performance.now() - started}
  }
  const contenders = [
    {name: 'hermes-svc gateway install, a process each', argv: [], measure: oneByOne},
    {
      name: 'install() of the library, one process, eight at a time',
      argv: [process.execPath, INSTALL_MANY, String(count)],
      env: (_round, {home}) => ({...home.env(), ...UNSETTLED}),
    },
    {name: 'a shell script and s6-svscanctl -a', argv: (_round, {scandir}) => ['sh', BATCH, 'install', scandir, count]},
  ].map(contender => ({...contender, before, after}))
  const skipped = []
  const reason = options.without.includes('pm2') ? 'left out' : whyNot('pm2')
  if (reason) skipped.push({name: 'pm2', reason})
  else contenders.push(pm2Install(cleanUp, profileNames(count)))
  results.table(`${title} of ${count}`, await alternate(contenders, rounds(options)), {gateways: count, skipped})
}

function pm2Install(cleanUp, names) {
  return {
    name: 'pm2 start of a file with all',
    before: () => Pm2Machine.start(cleanUp),
    argv: (_round, pm2) => pm2.argv('start', pm2.writeApps(names)),
    env: (_round, pm2) => pm2.env,
    after: async (_round, pm2) => {
      await pm2.untilRunning(names.length)
      await pm2.stop()
    },
  }
}
