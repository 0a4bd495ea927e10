import {spawnSync} from 'node:child_process'
import {rmSync} from 'node:fs'
import {join} from 'node:path'
import {hermesSvc} from '../cli.js'
import {fitLine, median} from '../figures.js'
import {EmbeddedMachine} from '../machines/embedded-machine.js'
import {S6Machine} from '../machines/s6-machine.js'
import {cloneGateway, listenOn} from '../machines/synthetic-gateways.js'
import {SystemdMachine} from '../machines/systemd-machine.js'
import {alternate, expectLines, expectRows, FLOOR} from '../measure.js'
import {whyNot} from '../peers/install-peers.js'
import {profileNames} from '../profile-names.js'

const LIST = 'hermes-svc gateway list --json'
const STATUS = 'hermes-svc gateway status --json'
/** Units of ours. */
const UNITS = 'hermes-svc-*.service'
/** Descriptors that the bench has besides those of FIFOs. */
const OTHER_DESCRIPTORS = 200
const NOT_HERE = {name: 'launchd, windows', reason: 'need macOS and Windows'}

/** What one more gateway costs list and status, for each backend. */
export async function perGateway({cleanUp, options, results}) {
  const lines = []
  const backends = {s6: listS6, embedded: listEmbedded, systemd: listSystemd}
  for (const [backend, measureSteps] of Object.entries(backends)) {
    if (options.without.includes(backend)) {
      results.skip(`per gateway on ${backend}`, 'left out')
      continue
    }
    const points = {}
    await measureSteps(cleanUp, options, {
      skip: reason => results.skip(`per gateway on ${backend}`, reason),
      table(count, samples) {
        results.table(`${backend} with ${count} gateways`, samples, {floor: FLOOR.name, gateways: count})
        for (const [name, values] of Object.entries(samples)) (points[name] ??= []).push([count, median(values)])
      },
    })
    for (const [name, values] of Object.entries(points)) {
      if (name === FLOOR.name || values.length < 3) continue
      const {slope, intercept, rSquared} = fitLine(values)
      const usPerGateway = Number((slope * 1000).toPrecision(4))
      lines.push({name: `${backend}: ${name}`, usPerGateway, msAtNone: intercept, rSquared})
    }
  }
  results.facts('cost of one more gateway: a straight line through the medians', lines, {skipped: [NOT_HERE]})
}

function ours(count, env) {
  const verbs = {[LIST]: 'list', [STATUS]: 'status'}
  const check = expectRunning(count)
  return Object.entries(verbs).map(([name, verb]) => ({name, argv: hermesSvc('gateway', verb, '--json'), env, check}))
}

/** What is not running is read in another way, and is not what is measured. */
function expectRunning(count) {
  return expectRows(count, ({gateways}) => gateways.filter(({state}) => state === 'running'))
}

/** Most FIFOs that this process can have open. */
function descriptorLimit() {
  return Number(spawnSync('sh', ['-c', 'ulimit -n'], {encoding: 'utf8'}).stdout) - OTHER_DESCRIPTORS
}

async function listS6(cleanUp, options, {skip, table}) {
  const missing = whyNot('s6')
  if (missing) return skip(missing)
  const machine = await S6Machine.start(cleanUp)
  const [template, ...names] = profileNames(Math.max(...options.steps))
  await machine.home.install([template])
  const directories = [recordOf(machine.home), name => join(machine.scandir, `gateway-${name}`)]
  const isPossible = count => count <= descriptorLimit()
  for (const count of options.steps.filter(each => !isPossible(each))) skip(`${count} need as many open files`)
  const stopListening = []
  // s6-svscan must not see them: it would take them up itself. Nobody asks it to look.
  await growing(options.steps.filter(isPossible), names, async (added, count) => {
    const fifos = cloneGateway(template, added, directories)
    stopListening.push(listenOn(fifos.filter(path => path.endsWith('/supervise/control') && !path.includes('/log/'))))
    table(count, await alternate([FLOOR, ...ours(count, machine.home.env())], options))
  })
  for (const stop of stopListening) stop()
  await machine.stop()
}

async function listEmbedded(cleanUp, options, {table}) {
  const machine = EmbeddedMachine.start(cleanUp)
  const [template, ...names] = profileNames(Math.max(...options.steps))
  await machine.home.install([template])
  await growing(options.steps, names, async (added, count) => {
    cloneGateway(template, added, [recordOf(machine.home)])
    table(count, await alternate([FLOOR, ...ours(count, machine.home.env())], options))
  })
  for (const name of names) rmSync(recordOf(machine.home)(name), {recursive: true, force: true})
  await machine.stop()
}

async function listSystemd(cleanUp, options, {skip, table}) {
  const reason = SystemdMachine.whyNot()
  if (reason) return skip(reason)
  const machine = await SystemdMachine.start(cleanUp)
  for (const count of options.units) {
    console.log(`\n${count} units are installed …`)
    await machine.install(count)
    const contenders = [
      FLOOR,
      ...ours(count, {}),
      {
        name: 'systemctl list-units',
        argv: ['systemctl', 'list-units', '--all', '--no-legend', '--plain', UNITS],
        check: expectLines(count, /^hermes-svc-\S+\.service +loaded +active +running/),
      },
      {
        name: 'systemctl show',
        argv: ['systemctl', 'show', UNITS, '--property=Id,ActiveState,SubState,MainPID,NRestarts'],
        check: expectLines(count, /^Id=hermes-svc-/),
      },
    ]
    table(
      count,
      await alternate(
        contenders.map(each => machine.contender(each)),
        options,
      ),
    )
  }
  await machine.stop()
}

/** Where the files of a gateway are that are the same for every backend. */
function recordOf({root}) {
  return name => join(root, 'hermes-svc', 'gateways', name)
}

/** Takes the steps one after the other; the first of all gateways, which the others are copies of, is there already. */
async function growing(steps, names, step) {
  let made = 0
  for (const count of steps) {
    await step(names.slice(made, count - 1), count)
    made = count - 1
  }
}
