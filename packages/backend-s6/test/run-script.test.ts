import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdirSync, readFileSync, readlinkSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {accountNamed, type GatewaySpec} from '@hermes-svc/core'
import test from 'ava'
import fc from 'fast-check'
import {dropTarget, renderEnvironment, renderRunScript} from '../dist/run-script.js'
import type {S6Facts} from '../dist/s6-facts.js'
import {isExportable} from '../dist/shell-words.js'
import {assertGolden} from './golden.js'
import {plainFacts, plainSpec} from './plain-gateway.js'
import {hasS6} from './s6-scandir.js'
import {BIN_SH, SHELLS} from './shells.js'
import {anyText, PLACE, shellText, SlotDirectory} from './slot-directory.js'

const NO_OVERLAY = {withContenv: null, homeFromContainer: false} as const
const PLAIN = {...NO_OVERLAY, setuidgid: '/usr/bin/s6-setuidgid', s6Log: '/usr/bin/s6-log'} as const

test('the scripts of one plain gateway are as they were', t => {
  const spec = plainSpec()
  assertGolden(t, 'run.container.sh', renderRunScript(spec, plainFacts(), PLACE))
  assertGolden(t, 'run.reference.sh', renderRunScript(spec, plainFacts({dialect: 'reference'}), PLACE))
  const ada = {uid: 1000, name: 'ada'}
  const own = plainFacts({...PLAIN, scandir: '/home/ada/scan', scope: 'user', root: '/home/ada/.hermes', writer: ada})
  const hers = plainSpec({account: null, cwd: '/home/ada/work', userSet: ['cwd'], scope: 'user'})
  assertGolden(t, 'run.user.sh', renderRunScript(hers, own, PLACE))
  assertGolden(t, 'run.root.sh', renderRunScript(plainSpec({account: 'root'}), plainFacts(PLAIN), PLACE))
  assertGolden(t, 'environment.sh', renderEnvironment(spec, plainFacts()))
})

test('whom a root supervisor drops to: the account, or the uid that has none; nobody where it is root', t => {
  const root = plainFacts({writer: {uid: 0, name: 'root'}})
  t.is(dropTarget(plainSpec(), root), 'hermes')
  t.is(dropTarget(plainSpec({account: 'root'}), root), null)
  t.is(dropTarget(plainSpec({account: null}), root), null)
  t.is(dropTarget(plainSpec({account: null}), plainFacts({writer: {uid: 10_000, name: null}})), '10000:10000')
})

test('the environment has the values sorted, and HERMES_HOME only where it is another than the root', t => {
  const env = {ZED: '1', HERMES_HOME: '/opt/data', ABLE: ''}
  t.is(renderEnvironment(plainSpec({env}), plainFacts()), "export ABLE=''\nexport ZED=1\n")
  t.is(renderEnvironment(plainSpec({env}), plainFacts({root: '/data'})).split('\n')[1], 'export HERMES_HOME=/opt/data')
  t.is(renderEnvironment(plainSpec({env: {}}), plainFacts()), '')
})

/** A slot whose `run` starts the witness as whoever runs the test. */
function prepare(slot: SlotDirectory, spec: Partial<GatewaySpec>, facts: Partial<S6Facts> = {}): void {
  const whole = plainSpec({account: 'root', argv: [slot.witness], env: {}, cwd: '/', ...spec})
  const machine = plainFacts({...PLAIN, root: slot.path, ...facts})
  slot.write(`${PLACE}/run`, renderRunScript(whole, machine, PLACE))
  slot.write(`${PLACE}/environment`, renderEnvironment(whole, machine))
}

function environmentOf(words: fc.Arbitrary<string>): fc.Arbitrary<Record<string, string>> {
  const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).filter(isExportable)
  return fc.dictionary(key, words, {maxKeys: 12})
}

/** A path of one component below `parent`. */
function directoryName(words: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return words
    .map(text => Buffer.from(text.replaceAll('/', '|')).subarray(0, 200).toString())
    .map(text => `x${text.replaceAll('\u{FFFD}', '')}`)
}

const text = fc.oneof(anyText, shellText)
// Set by shells on their own.
const OF_SHELLS = ['PWD', 'OLDPWD', 'SHLVL', '_', 'HERMES_HOME']

// Each means something inside of ${X:=WORD} or in quotes.
const NAMES = [
  "x.?}>('",
  '}',
  'a}b',
  '"',
  "'",
  "a'b'c",
  '$HOME',
  '$(id)',
  '`id`',
  '\\',
  '\\\\',
  'a\\}',
  'a b',
  'a\nb',
  'a\n',
  '~',
  '*',
]

for (const shell of SHELLS) {
  test(`arguments, environment and directory arrive byte for byte through ${shell.name}`, t => {
    const slot = new SlotDirectory(t)
    const given = fc.record({
      args: fc.array(text, {maxLength: 12}),
      env: environmentOf(text),
      directory: directoryName(text),
    })
    fc.assert(
      fc.property(given, ({args, env, directory}) => {
        const cwd = join(slot.path, directory)
        mkdirSync(cwd, {recursive: true})
        prepare(slot, {argv: [slot.witness, ...args], env, cwd, userSet: ['cwd']})
        const {status, stdout, stderr} = slot.run(shell, 'run')
        t.is(`${String(status)}${stdout}${stderr}`, '0')
        const seen = slot.witnessed()
        t.deepEqual(seen.argv, [slot.witness, ...args])
        t.is(seen.cwd, cwd)
        for (const [key, value] of Object.entries(env)) t.is(seen.env[key], value, key)
        const more = Object.keys(seen.env).filter(key => !(key in env) && key !== 'PATH')
        t.deepEqual(
          more.filter(key => !OF_SHELLS.includes(key)),
          [],
        )
        rmSync(cwd, {recursive: true})
      }),
      {numRuns: 60},
    )
  })

  test(`a root of any characters is the home and the directory, or the container's HERMES_HOME where that counts, through ${shell.name}`, t => {
    const slot = new SlotDirectory(t)
    const run = (root: string, given: string, homeFromContainer: boolean): void => {
      for (const path of [root, given]) mkdirSync(path, {recursive: true})
      prepare(slot, {cwd: root, env: {HERMES_HOME: root}}, {root, homeFromContainer})
      const outer = given === root ? {} : {HERMES_HOME: given}
      const {status, stdout, stderr} = slot.run(shell, 'run', [], {PATH: '/usr/bin:/bin', ...outer})
      t.is(`${String(status)}${stdout}${stderr}`, '0')
      const {env, cwd} = slot.witnessed()
      t.is(env['HERMES_HOME'], homeFromContainer ? given : root)
      t.is(cwd, homeFromContainer ? given : root)
    }
    const at = (name: string): string => join(slot.path, name)
    for (const name of NAMES) for (const fromContainer of [true, false]) run(at(name), at(name), fromContainer)
    fc.assert(
      fc.property(directoryName(text), directoryName(text), fc.boolean(), (root, given, fromContainer) => {
        run(at(root), at(root), fromContainer)
        run(at(root), at(`${given}+`), fromContainer)
        for (const name of [root, `${given}+`]) rmSync(at(name), {recursive: true, force: true})
      }),
      {numRuns: 30},
    )
  })

  test(`a home or directory that the user set wins over the container's through ${shell.name}`, t => {
    const slot = new SlotDirectory(t)
    const set = {env: {HERMES_HOME: '/home/of/the user'}, cwd: slot.path, userSet: ['cwd', 'env']}
    prepare(slot, set, {homeFromContainer: true})
    slot.run(shell, 'run', [], {PATH: '/usr/bin:/bin', HERMES_HOME: '/elsewhere'})
    const {env, cwd} = slot.witnessed()
    t.is(env['HERMES_HOME'], '/home/of/the user')
    t.is(cwd, slot.path)
  })

  test(`the variables that the script itself uses are not the gateway's through ${shell.name}`, t => {
    const slot = new SlotDirectory(t)
    prepare(slot, {})
    const names = ['pid', 'up', 'before', 'stat', 'born', 'rest', 'CDPATH']
    const outer = Object.fromEntries(names.map(name => [name, `the container's ${name}`]))
    t.is(slot.run(shell, 'run', [], {PATH: '/usr/bin:/bin', ...outer}).stdout, '')
    const {env} = slot.witnessed()
    for (const name of names) t.is(env[name], outer[name])
  })

  test(`notes for ./finish are written, and an old one that parked it is removed, through ${shell.name}`, t => {
    const slot = new SlotDirectory(t)
    prepare(slot, {argv: ['/bin/sh', '-c', 'echo "$$"; cut -d " " -f 22 /proc/$$/stat']})
    slot.write('data/parked', 'fatal 7\n')
    const before = Math.floor(Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 100)
    const [pid, born] = slot.run(shell, 'run').stdout.split('\n')
    const after = Math.ceil(Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 100)
    const [startedPid, up, startedBorn] = (slot.read('data/started') ?? '').trim().split(' ')
    t.is(startedPid, pid)
    t.is(startedBorn, born)
    t.true(before <= Number(up) && Number(up) <= after)
    t.false(existsSync(join(slot.path, 'data', 'parked')))
    const note = (): string => readlinkSync(join(slot.path, 'data', 'running'))
    t.is(note(), `../${PLACE}`)
    mkdirSync(join(slot.path, 'supervise'))
    slot.write('supervise/death_tally', '')
    const unharmed = slot.run(shell, 'run')
    t.is(note(), `../${PLACE}/./${String(unharmed.pid)}`, 'nothing has died')
    slot.write('supervise/death_tally', 'x'.repeat(14))
    slot.run(shell, 'run')
    t.is(note(), `../${PLACE}`)
  })

  test(`what outlived a killed supervisor is killed before the start, and nothing that has its pid since, through ${shell.name}`, async t => {
    for (const isOurs of [true, false]) {
      const slot = new SlotDirectory(t)
      const outlived = spawn('/bin/sleep', ['1000'], {detached: true, stdio: 'ignore'})
      t.teardown(() => outlived.kill('SIGKILL'))
      await once(outlived, 'spawn')
      const pid = String(outlived.pid)
      const born = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? ''
      prepare(slot, {})
      slot.write('data/started', `${pid} 1 ${isOurs ? born : String(Number(born) - 1)}\n`)
      const ended = once(outlived, 'exit')
      t.is(slot.run(shell, 'run').status, 0)
      if (isOurs) t.deepEqual(await ended, [null, 'SIGKILL'])
      else t.true(existsSync(`/proc/${pid}`))
    }
  })
}

test('notes that are empty, torn or of others do not keep it from starting', t => {
  const slot = new SlotDirectory(t)
  prepare(slot, {})
  for (const note of ['', '\n', '1', '- - -\n', '999999999 1 1\n', 'a b c d e\n', '$(exit 3) ; exit 4\n']) {
    slot.write('data/started', note)
    const {status, stdout} = slot.run(BIN_SH, 'run')
    t.is(`${String(status)}${stdout}`, '0', note)
    slot.witnessed()
  }
})

test('a slot that cannot keep notes starts all the same, and says nothing of it', t => {
  const slot = new SlotDirectory(t)
  prepare(slot, {})
  rmSync(join(slot.path, 'data'), {recursive: true})
  const {status, stdout} = slot.run(BIN_SH, 'run')
  t.is(`${String(status)}${stdout}`, '0')
  t.deepEqual(slot.witnessed().argv, [slot.witness])
})

test('a directory that is not there ends it with 111, and says so in the log', t => {
  const slot = new SlotDirectory(t)
  prepare(slot, {cwd: '/no/such/place', userSet: ['cwd']})
  const {status, stdout, stderr} = slot.run(BIN_SH, 'run')
  t.is(status, 111)
  t.regex(stdout, /\/no\/such\/place/)
  t.is(stderr, '')
})

test('what it writes to standard error goes to the log too, in order', t => {
  const slot = new SlotDirectory(t)
  prepare(slot, {argv: ['/bin/sh', '-c', 'echo one; echo two >&2; echo three']})
  t.is(slot.run(BIN_SH, 'run').stdout, 'one\ntwo\nthree\n')
})

test('the reference form runs in the virtual environment', t => {
  const slot = new SlotDirectory(t)
  prepare(slot, {}, {dialect: 'reference'})
  const script = slot.read(`${PLACE}/run`) ?? ''
  slot.write('activate', 'export VIRTUAL_ENV=here\n')
  slot.write(`${PLACE}/run`, script.replace('/opt/hermes/.venv/bin/activate', join(slot.path, 'activate')))
  t.is(slot.run(BIN_SH, 'run').status, 0)
  t.is(slot.witnessed().env['VIRTUAL_ENV'], 'here')
})

const nobody = process.geteuid?.() === 0 && hasS6 ? accountNamed('nobody') : null
const withDrop = nobody === null ? test.skip : test
const why = nobody === null ? ' (skipped: needs root, s6 and an account nobody)' : ''

withDrop(`a gateway that root starts has the rights and groups of its account, and the pid that s6 knows${why}`, t => {
  const slot = new SlotDirectory(t)
  const argv = ['/bin/sh', '-c', 'id -u; id -g; id -G; echo "$$"']
  prepare(slot, {account: 'nobody', argv, cwd: slot.path, userSet: ['cwd']})
  const {stdout, status, pid} = slot.run(BIN_SH, 'run')
  const {uid, gid} = nobody ?? {uid: 0, gid: 0}
  t.is(status, 0)
  t.deepEqual(stdout.trim().split('\n'), [uid, gid, gid, pid].map(String))
})

withDrop(`where it cannot be told who starts a gateway, it does not run, and not as root either${why}`, t => {
  const slot = new SlotDirectory(t)
  prepare(slot, {account: 'nobody', argv: ['/usr/bin/id', '-u'], cwd: slot.path, userSet: ['cwd']})
  // A container's PATH may lead nowhere, also to id(1).
  const {stdout, status} = slot.run(BIN_SH, 'run', [], {PATH: '/nowhere'})
  t.is(stdout, '')
  t.is(status, 111)
})
