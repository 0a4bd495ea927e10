import {chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {hermesSvc, REPOSITORY} from '../cli.js'
import {EmbeddedMachine} from '../machines/embedded-machine.js'
import {Pm2Machine} from '../machines/pm2-machine.js'
import {S6Machine} from '../machines/s6-machine.js'
import {SupervisorMachine} from '../machines/supervisor-machine.js'
import {SystemdMachine} from '../machines/systemd-machine.js'
import {alternate, runProgram} from '../measure.js'
import {whyNot} from '../peers/install-peers.js'
import {waitUntil} from '../wait-until.js'

const STAMP = join(REPOSITORY, 'bench', 'gateways', 'stamp.sh')
const PROFILE = 'stamper'

/** From the end of a gateway to its next start, by the gateway's own clock, and how long the verb takes. */
export async function restart({cleanUp, options, results}) {
  const skipped = []
  const contenders = []
  const machines = []
  for (const [name, {whyNot: why, start}] of Object.entries(TOOLS)) {
    const reason = options.without.includes(name) ? 'left out' : why()
    if (reason) {
      skipped.push({name, reason})
      continue
    }
    const {machine, verbs} = await start(cleanUp)
    machines.push(machine)
    contenders.push(...verbs.map(verb => ({...verb, measure: measureDowntime})))
  }
  const answers = await alternate(contenders, {...options, value: answer => answer})
  const of = key => Object.fromEntries(Object.entries(answers).map(([name, all]) => [name, all.map(each => each[key])]))
  results.table('restart: how long the gateway is down', of('downMs'), {skipped})
  results.table('restart: how long the verb takes', of('ms'))
  for (const machine of machines) await machine.stop()
}

/** What a gateway wrote: [['up' | 'down', milliseconds]]. */
function readStamps(file) {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n').filter(Boolean)
  return lines.map(line => line.split(' ')).map(([what, ns]) => [what, Number(BigInt(ns) / 1000n) / 1000])
}

async function untilUp(file, count) {
  const ups = () => readStamps(file).filter(([what]) => what === 'up').length
  await waitUntil('the gateway is up', () => ups() === count)
}

async function measureDowntime({file, ...contender}) {
  const before = readStamps(file).length
  const {ms} = await runProgram(contender)
  await waitUntil('the gateway is up again', () => readStamps(file).length >= before + 2)
  const [[end, endedAt], [begin, begunAt]] = readStamps(file).slice(before)
  if (end !== 'down' || begin !== 'up') throw new Error(`expected down and up, got ${end} and ${begin}`)
  return {ms, downMs: begunAt - endedAt}
}

const ours = (name, env, file) => ({
  name: `hermes-svc gateway restart, ${name}`,
  argv: hermesSvc('gateway', 'restart', PROFILE, '--json'),
  env,
  file,
})

const TOOLS = {
  s6: {
    whyNot: () => whyNot('s6'),
    async start(cleanUp) {
      const machine = await S6Machine.start(cleanUp)
      const [file, nativeFile] = ['ours', 'native'].map(name => join(machine.directory, name))
      await machine.home.install([PROFILE], {argv: ['/bin/sh', STAMP, file]})
      const slot = join(machine.scandir, 'plain')
      mkdirSync(slot)
      writeFileSync(join(slot, 'run'), `#!/bin/sh\nexec /bin/sh ${STAMP} ${nativeFile}\n`)
      chmodSync(join(slot, 'run'), 0o755)
      await runProgram({argv: ['s6-svscanctl', '-a', machine.scandir]})
      await Promise.all([untilUp(file, 1), untilUp(nativeFile, 1)])
      // -r starts again a second after the end: s6 gives that to whatever does not tell when it is ready.
      const again = {name: 's6-svc -r', argv: ['s6-svc', '-wr', '-r', slot], file: nativeFile}
      const downAndUp = {
        name: 's6-svc -d, then -u',
        argv: ['sh', '-c', 's6-svc -wD -d "$1" && s6-svc -wu -u "$1"', 'sh', slot],
        file: nativeFile,
      }
      return {machine, verbs: [ours('s6', machine.home.env(), file), again, downAndUp]}
    },
  },
  embedded: {
    whyNot: () => '',
    async start(cleanUp) {
      const machine = EmbeddedMachine.start(cleanUp)
      const file = join(machine.directory, 'ours')
      await machine.home.install([PROFILE], {argv: ['/bin/sh', STAMP, file]})
      await untilUp(file, 1)
      return {machine, verbs: [ours('embedded', machine.home.env(), file)]}
    },
  },
  pm2: {
    whyNot: () => whyNot('pm2'),
    async start(cleanUp) {
      const machine = await Pm2Machine.start(cleanUp)
      const file = join(machine.directory, 'stamps')
      await machine.install([PROFILE], ['/bin/sh', STAMP, file])
      await untilUp(file, 1)
      const verb = {name: 'pm2 restart', argv: machine.argv('restart', PROFILE), env: machine.env, file}
      return {machine, verbs: [verb]}
    },
  },
  supervisor: {
    whyNot: () => whyNot('supervisor'),
    async start(cleanUp) {
      const file = join(cleanUp.directory(), 'stamps')
      const machine = await SupervisorMachine.start(cleanUp, [PROFILE], `/bin/sh ${STAMP} ${file}`)
      await untilUp(file, 1)
      return {machine, verbs: [{name: 'supervisorctl restart', argv: machine.argv('restart', PROFILE), file}]}
    },
  },
  systemd: {
    whyNot: () => SystemdMachine.whyNot(),
    async start(cleanUp) {
      const machine = await SystemdMachine.start(cleanUp)
      const inside = '/home/dev/stamps'
      const words = ['gateway', 'install', PROFILE, '--', '/bin/sh', STAMP, inside]
      await runProgram(machine.contender({argv: hermesSvc(...words), env: {HERMES_SVC_START_SETTLE: '0s'}}))
      const file = machine.inside.path(inside)
      await untilUp(file, 1)
      // The same unit by both: what differs is who asks.
      const native = {name: 'systemctl restart', argv: ['systemctl', 'restart', `hermes-svc-${PROFILE}.service`], file}
      return {machine, verbs: [ours('systemd', {}, file), native].map(verb => machine.contender(verb))}
    },
  },
}
