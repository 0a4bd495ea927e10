import {join} from 'node:path'
import {hermesSvc, REPOSITORY} from '../cli.js'
import {S6Machine} from '../machines/s6-machine.js'
import {SystemdMachine} from '../machines/systemd-machine.js'
import {alternate, expectLines, expectRows, FLOOR} from '../measure.js'
import {fleetPeers, oclifPeer} from '../peers/fleet-peers.js'
import {whyNot} from '../peers/install-peers.js'
import {profileNames} from '../profile-names.js'

/** Something installed that is a backend and has no command. */
const PLUGIN = join(REPOSITORY, 'examples', 'backend-runit')

/** list and status of gateways under s6, beside what others take for as many. */
export async function startUp({cleanUp, options, results}) {
  const missing = whyNot('s6')
  if (missing) return results.skip('start-up', missing)
  const machine = await S6Machine.start(cleanUp)
  const {home} = machine
  const withPlugin = join(home.directory, 'data-with-plugin')
  await home.run(['plugins', 'link', PLUGIN], {HERMES_SVC_DATA_DIR: withPlugin})
  const settings = [
    ['variables only', {}],
    ['JSON configuration', {configuration: home.configuration('json')}],
    ['JSON configuration, a backend installed', {configuration: home.configuration('json'), data: withPlugin}],
    ['YAML configuration', {configuration: home.configuration('yaml')}],
  ]
  const noSystemd = options.without.includes('systemd') ? 'left out' : SystemdMachine.whyNot()
  const systemd = noSystemd ? undefined : await SystemdMachine.start(cleanUp)
  let installed = 0
  for (const count of options.sizes) {
    const names = profileNames(count)
    console.log(`\n${count} gateways are installed …`)
    await home.install(names.slice(installed))
    installed = count
    const ours = ['list', 'status'].flatMap(verb =>
      settings.map(([title, place]) => ({
        name: `hermes-svc gateway ${verb} --json, ${title}`,
        argv: hermesSvc('gateway', verb, '--json'),
        env: home.env(place),
        check: expectRows(count),
      })),
    )
    const peers = await fleetPeers(cleanUp, names, options)
    const units = await systemd?.listUnits(count)
    const contenders = [
      FLOOR,
      ...ours,
      ...oclifPeer(),
      ...scanPeers(machine, count),
      ...peers.contenders,
      ...(units ?? []),
    ]
    const samples = await alternate(contenders, options)
    results.table(`start-up with ${count} gateways`, samples, {
      floor: FLOOR.name,
      gateways: count,
      skipped: [...peers.skipped, ...(systemd ? [] : [{name: 'systemctl list-units', reason: noSystemd}])],
    })
    await peers.stop()
  }
  await systemd?.stop()
  await machine.stop()
}

function scanPeers({scandir}, count) {
  const here = join(import.meta.dirname, '..', 'peers')
  const loop = {name: 'a loop over s6-svstat', argv: ['sh', join(here, 'svstat-loop.sh'), scandir]}
  const python = {
    name: 'Python, as the reference module',
    argv: ['python3', join(here, 'list-as-reference.py'), scandir],
  }
  return [
    {...loop, check: expectLines(count, /^up /)},
    ...(whyNot('python') ? [] : [{...python, check: expectRows(count)}]),
  ]
}
