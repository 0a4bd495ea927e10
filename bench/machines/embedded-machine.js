import {HermesHome} from './hermes-home.js'
import {runProgram} from '../measure.js'
import {hermesSvc} from '../cli.js'

/** A profile root whose gateways are under runners of their own. */
export class EmbeddedMachine {
  constructor(directory) {
    this.directory = directory
    this.home = new HermesHome(directory, {more: {HERMES_SVC_BACKEND: 'embedded', HERMES_SVC_STOP_TIMEOUT: '5s'}})
  }

  static start(cleanUp) {
    const machine = new EmbeddedMachine(cleanUp.directory())
    machine.stop = cleanUp.add(() => machine.halt())
    return machine
  }

  async halt() {
    const argv = hermesSvc('gateway', 'stop', '--all', '--timeout', '5m')
    await runProgram({argv, env: this.home.env(), cleansUp: true})
  }
}
