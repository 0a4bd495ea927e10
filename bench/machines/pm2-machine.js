import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {runProgram} from '../measure.js'
import {waitUntil} from '../wait-until.js'
import {childrenOf, endProcess, isAlive} from '../process-tree.js'
import {PEERS} from '../peers/install-peers.js'

/** A pm2 daemon of one's own. */
export class Pm2Machine {
  constructor(directory) {
    this.directory = directory
    // It would ask a server for its newest version.
    this.env = {HOME: directory, PM2_HOME: join(directory, 'pm2'), PM2_DISABLE_VERSION_CHECK: 'true', CI: 'true'}
  }

  static async start(cleanUp) {
    const machine = new Pm2Machine(cleanUp.directory())
    machine.stop = cleanUp.add(() => machine.halt())
    await machine.run('ping')
    return machine
  }

  argv(...words) {
    return [process.execPath, join(PEERS, 'node_modules', 'pm2', 'bin', 'pm2'), ...words]
  }

  async run(...words) {
    return await runProgram({name: `pm2 ${words[0]}`, argv: this.argv(...words), env: this.env})
  }

  get pid() {
    return Number(readFileSync(this.#file('pm2.pid'), 'utf8'))
  }

  #file(name) {
    return join(this.env.PM2_HOME, name)
  }

  /** Ends it at once: `pm2 kill` ends one program after the other, a minute for a thousand. */
  async halt() {
    if (!existsSync(this.#file('pm2.pid'))) return
    const {pid} = this
    const pids = isAlive(pid) ? [pid, ...childrenOf(pid)] : []
    // The daemon first: it would start the others again.
    for (const each of pids) endProcess(each)
    await waitUntil('pm2 ends', () => !pids.some(isAlive), {cleansUp: true})
    for (const name of ['pm2.pid', 'pub.sock', 'rpc.sock']) rmSync(this.#file(name), {force: true})
  }

  /** Writes the file by which pm2 starts the same program under each of these names. */
  writeApps(names, [script, ...args] = ['/bin/sleep', '1000000']) {
    const apps = names.map(name => ({name, script, args, interpreter: 'none'}))
    const file = join(this.directory, 'apps.json')
    writeFileSync(file, JSON.stringify({apps}))
    return file
  }

  async install(names, argv) {
    await this.run('start', this.writeApps(names, argv))
  }

  /** Waits until so many of its programs run, and no more. */
  async untilRunning(count) {
    await waitUntil(`${count} programs run under pm2`, async () => {
      const {stdout} = await this.run('jlist')
      return JSON.parse(stdout).filter(({pm2_env: {status}}) => status === 'online').length === count
    })
  }
}
