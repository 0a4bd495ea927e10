// Preloaded into the CLI: kills it with SIGKILL right before its N-th step (HERMES_KILL_STEP=N), which is a change of the
// disk or something that it says to a manager.
import net from 'node:net'
import {beforeEachChange} from '../embedded/before-each-change.js'

const last = Number(process.env.HERMES_KILL_STEP)
let step = 0

function killAtLast() {
  step += 1
  if (step === last) process.kill(process.pid, 'SIGKILL')
}

beforeEachChange(killAtLast)

const {write} = net.Socket.prototype
net.Socket.prototype.write = function (...args) {
  // Standard output and error, where they are pipes, have the number of their descriptor.
  if (this.fd === undefined) killAtLast()
  return write.apply(this, args)
}
