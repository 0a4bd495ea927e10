import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {profileNames} from '../profile-names.js'
import {S6Machine} from './s6-machine.js'
import {cloneGateway, listenOn} from './synthetic-gateways.js'

/** Descriptors that the bench has besides those of FIFOs. */
const OTHER_DESCRIPTORS = 200

/**
 * One gateway under a real s6-svscan, and copies of its slot and record beside it that nobody supervises: the bench itself
 * reads their FIFOs. s6-svscan does not take them up, since nobody asks it to look.
 */
export class SyntheticS6 {
  #copies
  #template
  #made = 0

  static async start(cleanUp) {
    const fleet = new SyntheticS6()
    fleet.machine = await S6Machine.start(cleanUp)
    fleet.home = fleet.machine.home
    const [template, ...copies] = profileNames(fleet.most + 1)
    fleet.#template = template
    fleet.#copies = copies
    await fleet.home.install([template])
    fleet.stop = () => fleet.machine.stop()
    return fleet
  }

  /** As many FIFOs as this process can have open. */
  get most() {
    return Number(spawnSync('sh', ['-c', 'ulimit -n'], {encoding: 'utf8'}).stdout) - OTHER_DESCRIPTORS
  }

  /** Makes copies until there are so many gateways in all. */
  grow(count) {
    const names = this.#copies.slice(this.#made, count - 1)
    this.#made = count - 1
    const slot = name => join(this.machine.scandir, `gateway-${name}`)
    const fifos = cloneGateway(this.#template, names, [name => this.home.record(name), slot])
    listenOn(fifos.filter(path => path.endsWith('/supervise/control') && !path.endsWith('/log/supervise/control')))
  }
}
