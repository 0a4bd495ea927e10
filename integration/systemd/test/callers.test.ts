import type {ExecutionContext} from 'ava'
import {type Answer, parseAnswer} from '../../testing/dist/answer.js'
import {eventually} from '../../testing/dist/eventually.js'
import {Caller} from './caller.js'
import {machineTest, machineTests} from './machine-test.js'
import type {ExecOptions, Machine} from './machine.js'

const QUICK = 'HERMES_SVC_START_SETTLE=200ms HERMES_SVC_STOP_TIMEOUT=20s'
const HERMES_HOME = '/home/dev/.hermes'
/** What a session of root has, or sudo leaves of it, and names root's own manager. */
const OF_ROOT = {XDG_RUNTIME_DIR: '/run/user/0', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/0/bus'}
const UNDER_SUDO = {SUDO_UID: '1000', SUDO_GID: '1000', SUDO_USER: 'dev', USER: 'root', LOGNAME: 'root'}

/** Installs coder as dev in the user scope, with lingering on. */
async function installed(t: ExecutionContext, machine: Machine): Promise<Caller> {
  const caller = new Caller(machine, 'user')
  await machine.enableLinger('dev')
  await caller.done(t, ['gateway', 'install', 'coder'])
  return caller
}

machineTests('cron lists and restarts gateways, with nothing in its environment', async (t, machine) => {
  const caller = await installed(t, machine)
  const {pid} = await caller.row('coder')
  const list = '/usr/local/bin/hermes-svc gateway list --json >/tmp/list 2>&1'
  const restart = `${QUICK} /usr/local/bin/hermes-svc gateway restart coder --json >/tmp/restart 2>&1`
  const entry = `@reboot env >/tmp/env; ${list}; ${restart}; echo $? >/tmp/done\n`
  await machine.output(['crontab', '-u', 'dev', '-'], {input: entry})
  // What cron remembers having done the work of a boot by.
  await machine.output(['rm', '-f', '/run/crond.reboot'])
  await machine.output(['systemctl', 'restart', 'cron'])
  await eventually('cron has done it', async () => (await machine.exec(['test', '-s', '/tmp/done'])).code === 0)
  const said = async (name: string): Promise<Answer> => parseAnswer([name], await machine.exec(['cat', `/tmp/${name}`]))
  t.false((await machine.output(['cat', '/tmp/env'])).includes('XDG_'))
  const listed = await said('list')
  t.like(listed, {backend: 'systemd', scope: 'user', complete: true, warnings: []})
  t.like(listed.gateways?.[0], {profile: 'coder', state: 'running', pid})
  const restarted = await said('restart')
  t.like(restarted.gateways?.[0], {profile: 'coder', state: 'running'})
  t.deepEqual(caller.gateways('coder'), [restarted.gateways?.[0]?.pid])
  t.not(restarted.gateways?.[0]?.pid, pid)
})

machineTest(
  'whoever becomes the account by su or runuser reaches its manager, whatever is left of another session',
  {release: 'bookworm'},
  async (t, machine) => {
    const caller = await installed(t, machine)
    const list = 'hermes-svc gateway list --json'
    const restart = `${QUICK} hermes-svc gateway restart coder --json`
    const ways: Record<string, (command: string) => readonly string[]> = {
      'su -c': command => ['su', 'dev', '-c', command],
      'su - -c': command => ['su', '-', 'dev', '-c', command],
      'runuser -c': command => ['/usr/sbin/runuser', 'dev', '-c', command],
      'runuser -u': command => ['/usr/sbin/runuser', '-u', 'dev', '--', 'sh', '-c', command],
      'sudo -u': command => [
        '/usr/sbin/runuser',
        '-u',
        'dev',
        '--',
        'env',
        'SUDO_UID=0',
        'SUDO_USER=root',
        'sh',
        '-c',
        command,
      ],
    }
    for (const [way, argv] of Object.entries(ways)) {
      const options: ExecOptions = {env: {...OF_ROOT, HERMES_HOME}}
      const listed = parseAnswer([way], await machine.exec(argv(list), options))
      t.like(listed.gateways?.[0], {profile: 'coder', state: 'running'}, way)
      const restarted = parseAnswer([way], await machine.exec(argv(restart), options))
      t.like(restarted.gateways?.[0], {profile: 'coder', state: 'running'}, way)
      t.deepEqual(caller.gateways('coder'), [restarted.gateways?.[0]?.pid], way)
    }
  },
)

machineTest(
  "root, by sudo or not, works on the account's gateways when it names their root, and is told so when it does not",
  {release: 'bookworm'},
  async (t, machine) => {
    const caller = await installed(t, machine)
    const asRoot: ExecOptions = {user: 'root', env: {...OF_ROOT, ...UNDER_SUDO, HERMES_HOME}}
    const listed = await caller.json(['gateway', 'list'], asRoot)
    t.like(listed, {complete: true, scope: 'system'})
    t.like(listed.gateways?.[0], {profile: 'coder', scope: 'user', state: 'running'})
    await caller.done(t, ['gateway', 'restart', 'coder'], asRoot)
    const [pid = 0] = caller.gateways('coder')
    t.is(machine.processes().find(each => each.pid === pid)?.uid, 1000)
    await caller.done(t, ['gateway', 'stop', 'coder'], asRoot)
    await caller.done(t, ['gateway', 'start', 'coder'])
    // Nothing became root's.
    t.is(await machine.output(['find', '/home/dev', '!', '-user', 'dev']), '')

    const unnamed: ExecOptions = {user: 'root', env: {...OF_ROOT, ...UNDER_SUDO}}
    for (const args of [
      ['gateway', 'list'],
      ['gateway', 'restart', 'coder'],
      ['gateway', 'install', 'coder'],
    ]) {
      const {stdout, stderr} = await caller.run(args, unnamed)
      t.true(`${stdout}${stderr}`.includes(`HERMES_HOME=${HERMES_HOME}`), `${args.join(' ')}: ${stdout}${stderr}`)
    }
  },
)

machineTests(
  'without linger and session the command that helps is told, and no other backend is taken',
  async (t, machine) => {
    const caller = new Caller(machine, 'user')
    const before = await caller.files()
    for (const args of [
      ['gateway', 'list'],
      ['gateway', 'install', 'coder'],
    ]) {
      const {code, error} = await caller.json(args)
      t.is(code, 69)
      t.like(error, {code: 'HSVC_BACKEND_UNAVAILABLE', backend: 'systemd', exitCode: 69})
      t.regex(error?.hint ?? '', /\bloginctl enable-linger dev\b/)
      const {stderr} = await caller.run(args)
      t.true(stderr.includes('loginctl enable-linger dev'), stderr)
    }
    const {stdout} = await caller.run(['backend', 'detect', '--json'])
    const {backend, candidates} = JSON.parse(stdout) as {
      backend: string | null
      candidates: {kind: string; presence: string; hint: string | null}[]
    }
    t.is(backend, null)
    t.like(
      candidates.find(({kind}) => kind === 'systemd'),
      {presence: 'unreachable'},
    )
    t.deepEqual(await caller.files(), before)
    t.deepEqual(caller.gateways('coder'), [])

    await machine.output(['loginctl', 'enable-linger', 'dev'])
    await eventually('it can be reached', async () => (await caller.run(['gateway', 'list'])).code === 0)
    await caller.done(t, ['gateway', 'install', 'coder'])
    t.like(await caller.row('coder'), {backend: 'systemd', scope: 'user', state: 'running', autostart: true})
  },
)

machineTest(
  'a gateway of the system scope is seen by the account, also where that has no manager of its own',
  {release: 'trixie'},
  async (t, machine) => {
    await new Caller(machine, 'system').done(t, ['gateway', 'install', 'coder'])
    const caller = new Caller(machine, 'user')
    for (const linger of [false, true]) {
      if (linger) await machine.enableLinger('dev')
      const {complete, gateways} = await caller.json(['gateway', 'list'])
      t.like(gateways, [{profile: 'coder', scope: 'system', state: 'running', wanted: 'up', autostart: true}])
      // There may be units of the account's own, which nobody can ask about.
      t.is(complete, linger)
      t.is((await caller.run(['gateway', 'status', 'coder'])).code, 0)
      for (const verb of ['stop', 'restart', 'uninstall', 'install']) {
        const {code, error} = await caller.json(['gateway', verb, 'coder'])
        t.is(code, 77, verb)
        t.regex(error?.hint ?? '', /sudo HERMES_HOME=\/home\/dev\/\.hermes /, verb)
      }
    }
    const {gateways} = await caller.json(['gateway', 'list'])
    t.like(gateways, [{state: 'running', wanted: 'up'}])
  },
)

machineTests('in a home of root nothing runs as root unless that was asked for', async (t, machine) => {
  const env = {HERMES_HOME: '/root/.hermes'}
  const caller = new Caller(machine, 'system')
  await machine.write('/root/.hermes/profiles/coder/SOUL.md', 'You are coder.\n')
  const before = await caller.files()
  const {code, error} = await caller.json(['gateway', 'install', 'coder'], {env})
  t.is(code, 64)
  t.like(error, {code: 'HSVC_INVALID_SPEC'})
  t.regex(error?.hint ?? '', /--user root/)
  t.deepEqual(await caller.files(), before)
  await caller.done(t, ['gateway', 'install', 'coder', '--user', 'root'], {env})
  const [pid = 0] = caller.gateways('coder')
  t.is(machine.processes().find(each => each.pid === pid)?.uid, 0)
  // No record decides that something runs as root: it is asked for each time.
  t.is((await caller.json(['gateway', 'install', 'coder'], {env})).code, 64)
  await caller.done(t, ['gateway', 'install', 'coder', '--user', 'root'], {env})
  t.deepEqual(caller.gateways('coder'), [pid])
  await caller.done(t, ['gateway', 'uninstall', 'coder'], {env})
  t.deepEqual(await caller.files(), before)
})
