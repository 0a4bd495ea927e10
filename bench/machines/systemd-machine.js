import {REPOSITORY} from '../cli.js'
import {expectLines, runProgram} from '../measure.js'
import {Machine, whyNoMachine} from '../../integration/systemd/dist-test/machine.js'
import {TREES} from '../../integration/systemd/dist-test/trees.js'

const RELEASE = 'bookworm'
const NODE = '/opt/node'

/** The row of what getting into the machine takes. */
export const ENTERING = 'true, in the machine of systemctl'
/** Units of ours. */
export const UNITS = 'hermes-svc-*.service'
/** The root of an account of the machine, as which root's gateways run then. */
const ENV = {HERMES_HOME: '/home/dev/.hermes'}

/** A machine that a real systemd has booted, from the harness of the integration tests; root has system units there. */
export class SystemdMachine {
  static whyNot() {
    return whyNoMachine() || TREES.whyNot(RELEASE)
  }

  static async start(cleanUp) {
    const machine = new SystemdMachine()
    const owner = {
      teardown(step) {
        machine.stop = cleanUp.add(step)
      },
    }
    machine.inside = await Machine.start(owner, await TREES.prepare(RELEASE))
    return machine
  }

  /** A contender in the machine; getting there costs each the same few milliseconds. */
  contender({argv, env = {}, ...rest}) {
    const start = (file, args) => this.inside.spawn([file, ...args], {env: {...ENV, ...env}})
    return {...rest, argv: argv[0] === process.execPath ? [NODE, ...argv.slice(1)] : argv, start, input: ''}
  }

  /** Has so many gateways by the library; those that are there are left. */
  async install(count, settle = '0s') {
    const argv = [process.execPath, `${REPOSITORY}/bench/machines/install-many.js`, String(count)]
    await runProgram(this.contender({argv, env: {HERMES_SVC_START_SETTLE: settle}}))
  }

  /** systemctl's own listing of that many units, which it has afterwards, and what getting into the machine takes of that. */
  async listUnits(count) {
    await this.install(count)
    return [
      {
        name: 'systemctl list-units',
        argv: ['systemctl', 'list-units', '--all', '--no-legend', '--plain', UNITS],
        check: expectLines(count, /^hermes-svc-\S+\.service +loaded +active +running/),
      },
      {name: ENTERING, argv: ['true']},
    ].map(contender => this.contender(contender))
  }
}
