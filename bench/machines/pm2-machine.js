import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {runProgram} from '../measure.js'
import {waitUntil} from '../wait-until.js'
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
    machine.stop = cleanUp.add(async () => {
      await runProgram({argv: machine.argv('kill'), env: machine.env, cleansUp: true})
    })
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
    return Number(readFileSync(join(this.env.PM2_HOME, 'pm2.pid'), 'utf8'))
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
