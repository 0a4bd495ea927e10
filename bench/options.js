import {parseArgs} from 'node:util'

const USAGE = `npm run bench [-- [SUITE…] [OPTIONS]]

suites: start-up commands per-gateway fleet restart memory (default: all)

  --rounds N        how often each contender has its turn (default 25)
  --fleet-rounds N  the same for what takes many seconds: fleet verbs (default 3)
  --sizes N,N       gateways of start-up (default 100,1000)
  --steps N,N       gateways of per-gateway (default 10,100,1000,10000)
  --units N,N       units of per-gateway on systemd (default 10,100,300,1000)
  --fleet N         gateways that are started, stopped and installed (default 200)
  --reconcile N     gateways that are reconciled (default 500)
  --without NAME    leave something out: systemd, pm2, supervisor (may be given several times)
  --dry             keep no results`

const NUMBERS = {rounds: '25', 'fleet-rounds': '3', fleet: '200', reconcile: '500'}
const LISTS = {sizes: '100,1000', steps: '10,100,1000,10000', units: '10,100,300,1000'}

function whole(name, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name}: expected a whole number from 1, got ${text}`)
  return Number(text)
}

/** Reads the command line: {suites, options, isDry}; null when its help was asked for. Throws with what was expected. */
export function parseOptions(args, known) {
  const string = fallback => ({type: 'string', default: fallback})
  const {values, positionals} = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...Object.fromEntries(Object.entries({...NUMBERS, ...LISTS}).map(([name, value]) => [name, string(value)])),
      without: {type: 'string', multiple: true, default: []},
      dry: {type: 'boolean', default: false},
      help: {type: 'boolean', default: false},
    },
  })
  if (values.help) {
    console.log(USAGE)
    return null
  }
  const unknown = positionals.find(name => !known.includes(name))
  if (unknown !== undefined) throw new Error(`expected one of ${known.join(', ')}, got ${unknown}`)
  const numbers = Object.keys(NUMBERS).map(name => [name, whole(name, values[name])])
  const lists = Object.keys(LISTS).map(name => [name, values[name].split(',').map(each => whole(name, each))])
  const {'fleet-rounds': fleetRounds, ...options} = Object.fromEntries([...numbers, ...lists])
  return {
    suites: positionals.length > 0 ? positionals : known,
    options: {...options, fleetRounds, without: values.without},
    isDry: values.dry,
  }
}
