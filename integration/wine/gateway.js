// A gateway for tests: says what it was given, ends as the file NAME.do beside it says, and heeds a stop that is announced
// as Hermes does, in its home.
import {existsSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

const [name, ...args] = process.argv.slice(2)
const place = join(import.meta.dirname, name)
const root = process.env.HERMES_HOME ?? join(process.env.LOCALAPPDATA ?? '', 'hermes')
const home = join(root, 'profiles', name)
const marker = join(home, '.gateway-planned-stop.json')

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

writeFileSync(`${place}.new`, JSON.stringify({pid: process.pid, args, env: process.env, cwd: process.cwd()}))
renameSync(`${place}.new`, `${place}.json`)
if (existsSync(home)) {
  writeFileSync(join(home, 'gateway_state.json'), JSON.stringify({gateway_state: 'running', pid: process.pid}))
  writeFileSync(join(home, 'gateway.pid'), JSON.stringify({pid: process.pid, kind: 'hermes-gateway'}))
}
console.log(`${name} is up`)

setInterval(() => {
  const order = read(`${place}.do`)
  if (order !== '') {
    rmSync(`${place}.do`)
    console.log(`${name} ends with ${order}`)
    process.exit(Number(order))
  }
  if (existsSync(marker) && JSON.parse(read(marker) || '{}').target_pid === process.pid) {
    rmSync(marker)
    console.log(`${name} heeds`)
    process.exit(0)
  }
}, 50)
