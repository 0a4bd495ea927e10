// Preloaded into the CLI: says at its end, on standard error, how often it connected somewhere and started a program.
import childProcess from 'node:child_process'
import {syncBuiltinESMExports} from 'node:module'
import net from 'node:net'

const counts = {connections: 0, programs: 0}

function count(owner, name, what) {
  const original = owner[name]
  owner[name] = function (...args) {
    counts[what] += 1
    return original.apply(this, args)
  }
}

count(net.Socket.prototype, 'connect', 'connections')
count(childProcess, 'spawn', 'programs')
syncBuiltinESMExports()
process.on('exit', () => process.stderr.write(`${JSON.stringify(counts)}\n`))
