import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {cleanEnvironment} from '../clean-environment.js'
import {runProgram} from '../measure.js'
import {waitUntil} from '../wait-until.js'

/** A supervisord of one's own, with a program for each name. */
export class SupervisorMachine {
  constructor(directory) {
    this.directory = directory
    this.configuration = join(directory, 'supervisord.conf')
  }

  static async start(cleanUp, names, command = '/bin/sleep 1000000') {
    const machine = new SupervisorMachine(cleanUp.directory())
    machine.stop = cleanUp.add(() => machine.#halt())
    await machine.#boot(names, command)
    return machine
  }

  argv(...words) {
    return ['supervisorctl', '-c', this.configuration, ...words]
  }

  get pid() {
    return this.process.pid
  }

  async #boot(names, command) {
    const socket = join(this.directory, 'socket')
    const lines = [
      '[unix_http_server]',
      `file=${socket}`,
      '[supervisord]',
      `logfile=${join(this.directory, 'log')}`,
      `pidfile=${join(this.directory, 'pid')}`,
      `childlogdir=${this.directory}`,
      'minfds=16384',
      '[rpcinterface:supervisor]',
      'supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface',
      '[supervisorctl]',
      `serverurl=unix://${socket}`,
      ...names.flatMap(name => [`[program:${name}]`, `command=${command}`, 'startsecs=0', 'redirect_stderr=true']),
    ]
    writeFileSync(this.configuration, `${lines.join('\n')}\n`)
    // As many pipes as it has programs; of a group of its own, so that Ctrl-C leaves its end to the clean-up.
    this.process = spawn('supervisord', ['-n', '-c', this.configuration], {
      env: cleanEnvironment(),
      stdio: 'ignore',
      detached: true,
    })
    await waitUntil('supervisord listens', () => existsSync(socket))
    await this.untilRunning(names.length)
  }

  /** Waits until so many of its programs run, and no more. */
  async untilRunning(count) {
    await waitUntil(`${count} programs run under supervisor`, async () => {
      // Exit code 3 where one does not run.
      const {stdout} = await runProgram({argv: ['sh', '-c', '"$@" || true', 'sh', ...this.argv('status')]})
      return stdout.split('\n').filter(line => / RUNNING /.test(line)).length === count
    })
  }

  async #halt() {
    if (!this.process || this.process.exitCode !== null) return
    const ended = once(this.process, 'exit')
    this.process.kill('SIGTERM')
    await ended
  }
}
