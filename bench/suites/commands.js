import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {OWN_COMMANDS} from '../../packages/cli/dist/own-command-list.js'
import {hermesSvc, REPOSITORY, withJson} from '../cli.js'
import {S6Machine} from '../machines/s6-machine.js'
import {alternate, FLOOR} from '../measure.js'
import {whyNot} from '../peers/install-peers.js'
import {profileNames} from '../profile-names.js'

const GATEWAYS = 100
const SLEEP = ['--', '/bin/sleep', '1000000']
const PLUGIN = join(REPOSITORY, 'examples', 'backend-runit')

/** Not measured here, and why; every other command of ours has to be. */
const ELSEWHERE = {
  'gateway list': 'start-up',
  'gateway status': 'start-up',
  'backend verify': 'it runs the whole conformance suite, for minutes',
  'plugins update': 'it asks a registry, whose time that is',
}

/** Every command that start-up does not have, with a hundred gateways under s6; without waiting for a start to settle. */
export async function commands({cleanUp, options, results}) {
  const missing = whyNot('s6')
  if (missing) return results.skip('commands', missing)
  const machine = await S6Machine.start(cleanUp)
  const {home} = machine
  const configuration = home.configuration('json')
  const env = {...home.env({configuration}), HERMES_SVC_START_SETTLE: '0s'}
  console.log(`${GATEWAYS} gateways are installed …`)
  await home.install(profileNames(GATEWAYS))
  const log = join(home.root, 'logs', 'gateways', 'g00001')
  mkdirSync(log, {recursive: true})
  writeFileSync(join(log, 'current'), '2026-01-01 00:00:00.000000000  a line\n'.repeat(1000))

  const contenders = [
    FLOOR,
    ...reading(env),
    ...changing(home, env),
    ...ofPlugins(home, env),
    ...[['--help'], ['gateway', '--help'], ['gateway', 'install', '--help'], ['version']].map(words =>
      contender(words, env),
    ),
  ]
  assertAllMeasured(contenders)
  const samples = await alternate(contenders, options)
  const skipped = Object.entries(ELSEWHERE).map(([name, reason]) => ({name, reason}))
  results.table(`every other command with ${GATEWAYS} gateways`, samples, {
    floor: FLOOR.name,
    gateways: GATEWAYS,
    skipped,
  })
  await machine.stop()
}

function contender(words, env, more = {}) {
  return {
    name: `hermes-svc ${words.filter(word => word !== '--json').join(' ')}`,
    argv: hermesSvc(...words),
    env,
    ...more,
  }
}

function json(words, env, more = {}) {
  return contender(withJson(words), env, {check: JSON.parse, ...more})
}

function reading(env) {
  return [
    json(['backend', 'list'], env),
    json(['backend', 'detect'], env),
    json(['config', 'show'], env),
    // It warns of a scan directory that nothing starts at boot, as this one.
    json(['doctor'], env, {code: 0}),
    contender(['gateway', 'list'], env),
    contender(['gateway', 'status', 'g00001'], env),
    contender(['gateway', 'logs', 'g00001', '-n', '100'], env),
    json(['gateway', 'install', 'one-more', '--dry-run', ...SLEEP], env, {
      name: 'hermes-svc gateway install --dry-run',
    }),
    json(['gateway', 'reconcile'], env, {name: 'hermes-svc gateway reconcile, nothing to do'}),
    json(['gateway', 'start', 'g00001'], env, {name: 'hermes-svc gateway start, runs already'}),
    json(['gateway', 'start', '--all'], env, {name: 'hermes-svc gateway start --all, all run already'}),
    json(['gateway', 'status', 'no-such'], env, {name: 'hermes-svc gateway status of an unknown one', code: 4}),
    contender(['gateway', 'lst'], env, {name: 'hermes-svc, a command that does not exist', code: 64}),
  ]
}

/** Those that change something, each between what it needs and what undoes it. */
function changing(home, env) {
  const run = (...words) => home.run(words, env)
  const put = verb => () => run('gateway', verb, 'one-more', ...SLEEP)
  const take = verb => () => run('gateway', verb, 'one-more')
  const named = (name, words, more) => json(words, env, {name: `hermes-svc gateway ${name}`, ...more})
  return [
    named('install', ['gateway', 'install', 'one-more', ...SLEEP], {after: take('uninstall')}),
    named('uninstall', ['gateway', 'uninstall', 'one-more'], {before: put('install')}),
    named('register', ['gateway', 'register', 'one-more', ...SLEEP], {after: take('unregister')}),
    named('unregister', ['gateway', 'unregister', 'one-more'], {before: put('register')}),
    named('stop', ['gateway', 'stop', 'g00002'], {after: () => run('gateway', 'start', 'g00002')}),
    named('start', ['gateway', 'start', 'g00003'], {before: () => run('gateway', 'stop', 'g00003')}),
    named('restart', ['gateway', 'restart', 'g00004']),
  ]
}

/** Plugins come from a directory of the disk: nobody's registry is measured. */
function ofPlugins(home, env) {
  const ofDirectory = (name, words, isThere) => {
    const directory = join(home.directory, `data-${name}`)
    const place = {...env, HERMES_SVC_DATA_DIR: directory, npm_config_offline: 'true', npm_config_audit: 'false'}
    const link = () => home.run(['plugins', 'link', PLUGIN], place)
    const reset = () => home.run(['plugins', 'reset'], place)
    const around = isThere ? {before: link, after: reset} : {after: reset}
    return json(words, place, {name: `hermes-svc plugins ${name}`.trim(), ...around})
  }
  return [
    ofDirectory('', ['plugins'], true),
    ofDirectory('link', ['plugins', 'link', PLUGIN], false),
    ofDirectory('install', ['plugins', 'install', `file:${PLUGIN}`], false),
    ofDirectory('uninstall', ['plugins', 'uninstall', 'hermes-svc-backend-runit'], true),
    ofDirectory('reset', ['plugins', 'reset'], true),
  ]
}

function assertAllMeasured(contenders) {
  const measured = contenders.map(({argv}) => argv.slice(2).join(' '))
  const isMeasured = command => measured.some(words => `${words} `.startsWith(`${command} `))
  const forgotten = OWN_COMMANDS.filter(command => !(command in ELSEWHERE) && !isMeasured(command))
  if (forgotten.length > 0) throw new Error(`not measured: ${forgotten.join(', ')}`)
}
