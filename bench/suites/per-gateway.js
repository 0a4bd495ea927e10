import {rmSync} from 'node:fs'
import {hermesSvc} from '../cli.js'
import {fitLine, median} from '../figures.js'
import {EmbeddedMachine} from '../machines/embedded-machine.js'
import {cloneGateway} from '../machines/synthetic-gateways.js'
import {SyntheticS6} from '../machines/synthetic-s6.js'
import {ENTERING, SystemdMachine, UNITS} from '../machines/systemd-machine.js'
import {alternate, expectLines, expectRows, FLOOR} from '../measure.js'
import {whyNot} from '../peers/install-peers.js'
import {profileNames} from '../profile-names.js'

const LIST = 'hermes-svc gateway list --json'
const STATUS = 'hermes-svc gateway status --json'
/** Rows that list nothing. */
const NO_LISTINGS = [FLOOR.name, ENTERING]
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
      if (NO_LISTINGS.includes(name) || values.length < 3) continue
      const {slope, intercept, rSquared} = fitLine(values)
      const usPerGateway = Number((slope * 1000).toPrecision(4))
      lines.push({name: `${backend}: ${name}`, usPerGateway, msAtNone: intercept, rSquared, ...betweenSteps(values)})
    }
  }
  results.facts('cost of one more gateway: a straight line through the medians', lines, {skipped: [NOT_HERE]})
}

/** Microseconds for each gateway from one step to the next: the same all the way where the cost is linear. */
function betweenSteps(points) {
  const pairs = points.slice(1).map(([count, ms], at) => [points[at], [count, ms]])
  return Object.fromEntries(
    pairs.map(([[few, msOfFew], [many, ms]]) => [
      `µs, ${few} to ${many}`,
      Number((((ms - msOfFew) * 1000) / (many - few)).toPrecision(3)),
    ]),
  )
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

async function listS6(cleanUp, options, {skip, table}) {
  const missing = whyNot('s6')
  if (missing) return skip(missing)
  const fleet = await SyntheticS6.start(cleanUp)
  for (const count of options.steps) {
    if (count > fleet.most) {
      skip(`${count} gateways need as many open files, and this account may have ${fleet.most}`)
      continue
    }
    fleet.grow(count)
    table(count, await alternate([FLOOR, ...ours(count, fleet.home.env())], options))
  }
  await fleet.stop()
}

async function listEmbedded(cleanUp, options, {table}) {
  const machine = EmbeddedMachine.start(cleanUp)
  const {home} = machine
  const [template, ...copies] = profileNames(Math.max(...options.steps))
  await home.install([template])
  let made = 0
  for (const count of options.steps) {
    cloneGateway(template, copies.slice(made, count - 1), [name => home.record(name)])
    made = count - 1
    table(count, await alternate([FLOOR, ...ours(count, home.env())], options))
  }
  // They have the runner of the one that is real.
  for (const name of copies) rmSync(home.record(name), {recursive: true, force: true})
  await machine.stop()
}

async function listSystemd(cleanUp, options, {skip, table}) {
  const reason = SystemdMachine.whyNot()
  if (reason) return skip(reason)
  const machine = await SystemdMachine.start(cleanUp)
  for (const count of options.units) {
    console.log(`\n${count} units are installed …`)
    const listUnits = await machine.listUnits(count)
    const show = {
      name: 'systemctl show',
      argv: ['systemctl', 'show', UNITS, '--property=Id,ActiveState,SubState,MainPID,NRestarts'],
      check: expectLines(count, /^Id=hermes-svc-/),
    }
    const contenders = [...[FLOOR, ...ours(count, {}), show].map(each => machine.contender(each)), ...listUnits]
    table(count, await alternate(contenders, options))
  }
  await machine.stop()
}
