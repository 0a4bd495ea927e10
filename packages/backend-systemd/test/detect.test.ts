import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {accountOf, asAccount, type BackendContext, type Caller, type Detection, serviceError} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import {detectSystemd, judgeMachine} from '../dist/detect.js'
import {backend} from '../dist/index.js'
import {lookAtMachine, type MachineLook} from '../dist/machine-look.js'

interface Tree {
  /** /proc/1/comm; without it there is none. */
  readonly pid1?: string
  /** /proc/sys/kernel/osrelease. */
  readonly kernel?: string
  readonly directories?: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly links?: Readonly<Record<string, string>>
  /** Sockets, and whether anybody listens there. */
  readonly sockets?: Readonly<Record<string, 'live' | 'dead'>>
}

type Env = BackendContext['env']

const BOOTED = ['/run/systemd/system']
const SYSTEM = '/run/systemd/private'
const SYSTEM_BUS = '/run/dbus/system_bus_socket'
const ADAS = '/run/user/1000/systemd/private'
const ADAS_BUS = '/run/user/1000/bus'
const ROOTS = '/run/user/0/systemd/private'
/** What there is where process 1 is systemd and ada is logged in. */
const LIVE = {[SYSTEM]: 'live', [SYSTEM_BUS]: 'live', [ADAS]: 'live', [ADAS_BUS]: 'live'} as const
const SYSTEM_ONLY = {[SYSTEM]: 'live', [SYSTEM_BUS]: 'live'} as const
const HOST: Tree = {pid1: 'systemd', directories: BOOTED, sockets: LIVE}
const ELF = '\u007fELF\u0002\u0001\u0001'
const INSTALLED = {'/usr/bin/systemctl': ELF, '/usr/lib/systemd/systemd': ELF}

const ROOT: Caller = {uid: 0, gid: 0, home: '/root'}
const ADA: Caller = {uid: 1000, gid: 1000, home: '/home/ada'}
// Nobody has this account's rights by accident.
const STRANGER = 65_534
const IS_ROOT = process.geteuid?.() === 0

async function plantSocket(t: ExecutionContext, path: string, life: 'live' | 'dead'): Promise<void> {
  mkdirSync(dirname(path), {recursive: true})
  const server = createServer(socket => socket.on('error', () => undefined).resume())
  await new Promise<void>(resolve => server.listen(life === 'live' ? path : `${path}.b`, resolve))
  chmodSync(life === 'live' ? path : `${path}.b`, 0o777)
  if (life === 'live') {
    t.teardown(() => server.close())
    return
  }
  // A server that closes removes the name that it was bound to, and no other.
  linkSync(`${path}.b`, path)
  await new Promise(resolve => server.close(resolve))
}

/** A root file system of the test's own, open to everybody. */
async function plant(t: ExecutionContext, tree: Tree): Promise<string> {
  const {pid1, kernel, directories = [], files = {}, links = {}, sockets = {}} = tree
  const root = mkdtempSync(join(tmpdir(), 'hsvc-d-'))
  chmodSync(root, 0o755)
  t.teardown(() => rmSync(root, {recursive: true, force: true}))
  const all = {
    ...files,
    ...(pid1 === undefined ? {} : {'/proc/1/comm': `${pid1}\n`}),
    ...(kernel === undefined ? {} : {'/proc/sys/kernel/osrelease': `${kernel}\n`}),
  }
  for (const path of directories) mkdirSync(join(root, path), {recursive: true})
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), {recursive: true})
    writeFileSync(join(root, path), text)
  }
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(root, path)), {recursive: true})
    symlinkSync(join(root, target), join(root, path))
  }
  for (const [path, life] of Object.entries(sockets)) await plantSocket(t, join(root, path), life)
  return root
}

async function judge(root: string, caller: Caller, env: Env = {}): Promise<Detection> {
  return judgeMachine(await lookAtMachine({caller, env}, root), caller, env, () => 'ada')
}

/** Looks with rights that do not reach the sockets in a directory, as their owner makes it: 0700. */
async function lookFromOutside(root: string, closed: string, caller: Caller): Promise<MachineLook> {
  const directory = join(root, closed)
  chmodSync(directory, IS_ROOT ? 0o700 : 0)
  const begin = () => ({look: lookAtMachine({caller, env: {}}, root)})
  // Connecting is what begins at once.
  const {look} = IS_ROOT ? asAccount(STRANGER, STRANGER, begin) : begin()
  chmodSync(directory, 0o700)
  return await look
}

type Answer = readonly [presence: Detection['presence'], scope?: Detection['scope']]

function answerOf({presence, scope}: Detection): Answer {
  return scope === undefined ? [presence] : [presence, scope]
}

interface Row {
  readonly tree: Tree
  readonly env?: Env
  readonly root: Answer
  readonly ada: Answer
}

/** One environment, as root and as an ordinary account. */
const row = test.macro(async (t: ExecutionContext, {tree, env = {}, root, ada}: Row) => {
  const place = await plant(t, tree)
  for (const [caller, expected] of [
    [ROOT, root],
    [ADA, ada],
  ] as const) {
    const found = await judge(place, caller, env)
    t.deepEqual(answerOf(found), expected)
    t.is(found.reason === undefined, found.presence === 'available')
    t.is(found.hint !== undefined, found.presence === 'unreachable')
  }
})

const AVAILABLE = {root: ['available', 'system'], ada: ['available', 'user']} as const
const ABSENT = {root: ['absent'], ada: ['absent']} as const

test('a normal systemd host is available: the system’s manager for root, her own for anybody else', row, {
  tree: HOST,
  ...AVAILABLE,
})

test('systemd in a container is available', row, {
  tree: {...HOST, files: {'/run/systemd/container': 'docker\n', '/.dockerenv': ''}},
  ...AVAILABLE,
})

test('systemd that is degraded, starting or stopping is available, because only whether it listens is asked', row, {
  tree: {...HOST, files: {'/run/nologin': 'System is going down.\n'}},
  ...AVAILABLE,
})

test('a systemd that is installed and did not boot is absent', row, {
  tree: {pid1: 'sh', files: INSTALLED},
  ...ABSENT,
})

test('/run/systemd without system in it is absent, as elogind and packages leave it', row, {
  tree: {pid1: 'init', directories: ['/run/systemd/seats', '/run/systemd/users'], files: INSTALLED},
  ...ABSENT,
})

test('/run/systemd/system that is no directory is absent', row, {
  tree: {...HOST, directories: [], files: {'/run/systemd/system': ''}},
  ...ABSENT,
})

const REPLACEMENT = {'/usr/bin/systemctl': '#!/usr/bin/env python3\n'}
for (const pid1 of ['systemctl', 'python3', 'tini', 'systemd']) {
  test(
    `a replacement of systemctl is absent and no variant of systemd, since there is no manager to talk to: process 1 is ${pid1}`,
    row,
    {
      tree: {pid1, directories: BOOTED, files: REPLACEMENT},
      ...ABSENT,
    },
  )
}

test('a replacement of systemctl is absent also where a message bus runs that no manager is on', row, {
  tree: {
    pid1: 'systemctl',
    directories: BOOTED,
    files: REPLACEMENT,
    sockets: {[SYSTEM_BUS]: 'live', [ADAS_BUS]: 'live'},
  },
  ...ABSENT,
})

test('a replacement of systemctl beside a manager that listens does not matter', row, {
  tree: {...HOST, files: REPLACEMENT},
  ...AVAILABLE,
})

test('a chroot is absent, not half of a systemd: the manager outside reads none of the units in it', row, {
  tree: {...HOST, directories: [...BOOTED, '/elsewhere'], links: {'/proc/1/root': '/elsewhere'}},
  ...ABSENT,
})

test('a root that process 1 has as well is no chroot', row, {
  tree: {...HOST, links: {'/proc/1/root': '/'}},
  ...AVAILABLE,
})

for (const value of ['1', 'yes', 'TRUE', 'on']) {
  test(`SYSTEMD_OFFLINE=${value} is absent: the user said that no manager is to be spoken to`, row, {
    tree: HOST,
    env: {SYSTEMD_OFFLINE: value},
    ...ABSENT,
  })
}

for (const value of ['', '0', 'no']) {
  test(`SYSTEMD_OFFLINE="${value}" does not matter`, row, {tree: HOST, env: {SYSTEMD_OFFLINE: value}, ...AVAILABLE})
}

test('the image of a container being built is absent', row, {tree: {files: INSTALLED}, ...ABSENT})

const WSL1 = '4.4.0-19041-Microsoft'
const WSL2 = '5.15.167.4-microsoft-standard-WSL2'

test('WSL 1 is absent', row, {tree: {pid1: 'init', kernel: WSL1, files: INSTALLED}, ...ABSENT})

test('WSL 2 without systemd is absent', row, {tree: {pid1: 'init', kernel: WSL2, files: INSTALLED}, ...ABSENT})

test('WSL 2 with systemd is available', row, {tree: {...HOST, kernel: WSL2}, ...AVAILABLE})

test('WSL 2 with systemd and a user manager that is late is unreachable for its user', row, {
  tree: {...HOST, kernel: WSL2, sockets: SYSTEM_ONLY},
  root: ['available', 'system'],
  ada: ['unreachable', 'user'],
})

test('WSL says how systemd is turned on, and where that is not possible does not', async t => {
  const reason = async (kernel: string): Promise<string> =>
    (await judge(await plant(t, {pid1: 'init', kernel}), ADA)).reason ?? ''
  t.regex(await reason(WSL2), /\[boot\] systemd=true in \/etc\/wsl\.conf/)
  t.regex(await reason('4.19.84-microsoft-standard'), /\[boot\] systemd=true in \/etc\/wsl\.conf/)
  t.is(await reason(WSL1), 'this is WSL 1, which no systemd can boot')
})

test('a container with the process namespace of a systemd host is absent, whatever process 1 is called', row, {
  tree: {pid1: 'systemd', files: {...INSTALLED, '/.dockerenv': ''}},
  ...ABSENT,
})

test('the reason says whose the systemd is that is seen as process 1 there', async t => {
  const {reason} = await judge(await plant(t, {pid1: 'systemd'}), ROOT)
  t.regex(reason ?? '', /^systemd did not boot this machine: .*\/run\/systemd\/system.* the host's, is systemd$/)
})

test('a container that was given the host’s manager with its process namespace is absent where that can be told', row, {
  tree: {
    ...HOST,
    directories: [...BOOTED, '/host'],
    files: {'/.dockerenv': ''},
    links: {'/proc/1/root': '/host'},
  },
  ...ABSENT,
})

test('systemd is available where process 1 cannot be told', row, {
  tree: {directories: BOOTED, sockets: LIVE},
  ...AVAILABLE,
})

test('a container where process 1 cannot be told and nothing was booted is absent', row, {
  tree: {files: {...INSTALLED, '/.dockerenv': ''}},
  ...ABSENT,
})

const MOUNTS =
  '36 35 0:40 / /var/lib/docker/overlay2/ab12/merged rw - overlay overlay rw,lowerdir=/kubepods/containerd\n'

test('a host of containers is available, whatever is mounted for them', row, {
  tree: {...HOST, directories: [...BOOTED, '/var/lib/docker/containers'], files: {'/proc/self/mountinfo': MOUNTS}},
  ...AVAILABLE,
})

test('a system container (LXC, Incus, nspawn) is available', row, {
  tree: {...HOST, files: {'/run/systemd/container': 'lxc\n', '/run/host/container-manager': 'lxc\n'}},
  ...AVAILABLE,
})

test('a system container without systemd is absent', row, {
  tree: {pid1: 'init', directories: ['/run/openrc'], files: {'/dev/.lxc-boot-id': ''}},
  ...ABSENT,
})

test('a Kubernetes pod is absent', row, {
  tree: {pid1: 'node', files: {...INSTALLED, '/var/run/secrets/kubernetes.io/serviceaccount/token': ''}},
  ...ABSENT,
})

for (const pid1 of ['conmon', 'catatonit', 'sleep']) {
  test(`a container that shows the host’s manager is absent: process 1 is ${pid1}`, row, {
    tree: {...HOST, pid1, files: {'/run/.containerenv': ''}},
    ...ABSENT,
  })
}

test('a toolbox, which shows the host’s managers and process 1, is absent', row, {
  tree: {
    ...HOST,
    directories: [...BOOTED, '/run/host/run/systemd/system', '/run/host/etc'],
    files: {'/run/.containerenv': '', '/run/.toolboxenv': ''},
  },
  ...ABSENT,
})

test('a distrobox whose user linked the host’s managers into it is absent', row, {
  tree: {
    pid1: 'systemd',
    directories: ['/run/host/run/systemd/system'],
    files: {'/run/.containerenv': ''},
    links: {'/run/systemd/system': '/run/host/run/systemd/system'},
    sockets: LIVE,
  },
  ...ABSENT,
})

for (const pid1 of ['docker-init', 'sh', 'tini']) {
  test(`a devcontainer is absent, although systemctl is there: process 1 is ${pid1}`, row, {
    tree: {pid1, directories: ['/run/systemd'], files: {...INSTALLED, '/.dockerenv': ''}},
    env: {CODESPACES: 'true'},
    ...ABSENT,
  })
}

test('NixOS is available', row, {
  tree: {
    ...HOST,
    directories: [...BOOTED, '/nix/store/etc'],
    files: {'/etc/NIXOS': ''},
    links: {'/etc/systemd/system': '/nix/store/etc'},
  },
  ...AVAILABLE,
})

test('an account without a session is unreachable where it does not linger, and nothing else is taken instead', row, {
  tree: {...HOST, sockets: SYSTEM_ONLY},
  root: ['available', 'system'],
  ada: ['unreachable', 'user'],
})

test('an account without a session is available where it lingers, though no variable says so', row, {
  tree: {...HOST, sockets: {...SYSTEM_ONLY, [ADAS]: 'live'}},
  env: {XDG_RUNTIME_DIR: undefined, DBUS_SESSION_BUS_ADDRESS: undefined},
  ...AVAILABLE,
})

test('a user’s manager is reached without a message bus, and by one', row, {
  tree: {...HOST, sockets: {...SYSTEM_ONLY, [ADAS_BUS]: 'live'}},
  ...AVAILABLE,
})

test('a user’s manager that ended and left its sockets is unreachable', row, {
  tree: {...HOST, sockets: {...SYSTEM_ONLY, [ADAS]: 'dead', [ADAS_BUS]: 'dead'}},
  root: ['available', 'system'],
  ada: ['unreachable', 'user'],
})

test('a system’s manager that ended and left its socket is unreachable for root', row, {
  tree: {...HOST, sockets: {[SYSTEM]: 'dead', [ADAS]: 'live'}},
  root: ['unreachable', 'system'],
  ada: ['available', 'user'],
})

test('a booted systemd whose sockets are hidden is unreachable', row, {
  tree: {pid1: 'systemd', directories: BOOTED},
  root: ['unreachable', 'system'],
  ada: ['unreachable', 'user'],
})

test('a booted systemd whose sockets are hidden is unreachable also where process 1 cannot be told', row, {
  tree: {directories: BOOTED},
  root: ['unreachable', 'system'],
  ada: ['unreachable', 'user'],
})

test('a message bus counts where process 1 may be systemd, and not under another init system', async t => {
  const bus = {directories: BOOTED, sockets: {[ADAS_BUS]: 'live'}} as const
  t.deepEqual(answerOf(await judge(await plant(t, bus), ADA)), ['available', 'user'])
  t.deepEqual(answerOf(await judge(await plant(t, {...bus, pid1: 'systemd'}), ADA)), ['available', 'user'])
  t.deepEqual(answerOf(await judge(await plant(t, {...bus, pid1: 'init'}), ADA)), ['absent'])
})

test('a directory of a booted systemd under another init system is absent', row, {
  tree: {pid1: 'runit', directories: BOOTED},
  ...ABSENT,
})

test('root has the system’s manager under sudo too, and not that of whoever called it', row, {
  tree: {...HOST, sockets: {...LIVE, [ROOTS]: 'live'}},
  env: {SUDO_UID: '1000', SUDO_USER: 'ada'},
  ...AVAILABLE,
})

test('root with no manager but one of its own has that', row, {
  tree: {...HOST, sockets: {[ROOTS]: 'live'}},
  root: ['available', 'user'],
  ada: ['unreachable', 'user'],
})

test('the hint of an account without a session turns lingering on for it', async t => {
  const root = await plant(t, {...HOST, sockets: SYSTEM_ONLY})
  const {reason, hint} = await judge(root, ADA)
  t.regex(
    reason ?? '',
    /^expected the user manager of ada to listen, got .*\/run\/user\/1000\/systemd\/private: not there; /,
  )
  t.regex(hint ?? '', /loginctl enable-linger ada\b/)
})

test('an account that nobody knows the name of has a hint with a place for it', async t => {
  const root = await plant(t, {...HOST, sockets: SYSTEM_ONLY})
  const look = await lookAtMachine({caller: ADA, env: {}}, root)
  t.regex(judgeMachine(look, ADA, {}, () => null).hint ?? '', /loginctl enable-linger ACCOUNT\b/)
})

test('a manager that we may not talk to is unreachable', async t => {
  const root = await plant(t, HOST)
  const closed = await lookFromOutside(root, '/run/user/1000', ADA)
  const found = judgeMachine(closed, ADA, {}, () => 'ada')
  t.deepEqual(answerOf(found), ['unreachable', 'user'])
  t.regex(found.reason ?? '', /\/run\/user\/1000\/systemd\/private: permission denied/)
  t.true(found.evidence.some(({path, value}) => path?.endsWith(ADAS) === true && value === 'permission denied'))
})

test('a name of process 1 that cannot be read counts as none', async t => {
  const root = await plant(t, {directories: [...BOOTED, '/proc/1/comm'], sockets: LIVE})
  const look = await lookAtMachine({caller: ADA, env: {}}, root)
  t.is(look.pid1, null)
  t.is(judgeMachine(look, ADA, {}, () => 'ada').presence, 'available')
})

test('the runtime directory of the variable is asked first where it belongs to who asks, and another one never', async t => {
  const uid = process.geteuid?.() ?? -1
  const caller: Caller = {uid, gid: process.getegid?.() ?? -1, home: '/nowhere'}
  const root = await plant(t, {pid1: 'systemd', directories: BOOTED, sockets: {'/own/systemd/private': 'live'}})
  const env = {XDG_RUNTIME_DIR: join(root, 'own')}
  const own = await judge(root, caller, env)
  t.deepEqual(answerOf(own), ['available', 'user'])
  const other = await judge(root, {...caller, uid: uid + 1}, env)
  t.deepEqual(answerOf(other), ['unreachable', 'user'])
  if (IS_ROOT) chownSync(join(root, 'own'), STRANGER, STRANGER)
  t.is((await judge(root, IS_ROOT ? ROOT : {...caller, uid: uid + 1}, env)).presence, 'unreachable')
})

test('the evidence names process 1, whether systemd booted, and every socket, whatever the answer', async t => {
  const root = await plant(t, {...HOST, sockets: {[SYSTEM_BUS]: 'dead', [ADAS]: 'live'}})
  const at = (path: string): string => join(root, path)
  t.deepEqual((await judge(root, ADA)).evidence, [
    {fact: 'name of process 1', path: '/proc/1/comm', value: 'systemd'},
    {fact: 'systemd booted this machine', path: '/run/systemd/system', value: 'yes'},
    {fact: 'the system manager listens', path: at(SYSTEM_BUS), value: 'nobody listens'},
    {fact: 'the user manager listens', path: at(ADAS), value: 'yes'},
    {fact: 'the user manager listens', path: at(ADAS_BUS), value: 'not there'},
  ])
  const bare = await judge(await plant(t, {}), ROOT)
  t.deepEqual(
    bare.evidence.map(({value}) => value),
    ['cannot be read', 'no', 'not there', 'not there', 'not there', 'not there'],
  )
})

test('the evidence has what this machine is besides: a container, one with the host in it, WSL, a replacement of systemctl', async t => {
  const files = {...REPLACEMENT, '/.dockerenv': '', '/run/.toolboxenv': ''}
  const {evidence} = await judge(await plant(t, {...HOST, kernel: WSL2, files}), ADA)
  t.deepEqual(
    evidence.slice(-4).map(({fact, path, value}) => [fact, path, value]),
    [
      ['this is a container', null, 'yes'],
      ['the host is mounted in this container', '/run/host', 'yes'],
      ['kernel of WSL', '/proc/sys/kernel/osrelease', '2'],
      ['systemctl is a replacement', '/usr/bin/systemctl', 'a script'],
    ],
  )
})

test('looking changes nothing', async t => {
  const root = await plant(t, HOST)
  const before = readdirSync(root, {recursive: true}).sort()
  await judge(root, ROOT)
  await judge(root, ADA)
  t.deepEqual(readdirSync(root, {recursive: true}).sort(), before)
})

test('a socket that goes away while it is looked at is not there, and no failure', async t => {
  const root = await plant(t, HOST)
  const looking = lookAtMachine({caller: ADA, env: {}}, root)
  unlinkSync(join(root, ADAS))
  await t.notThrowsAsync(looking)
})

test('detection takes root, variables and caller from its context, and settings that do not hold are told where they are used', async t => {
  const root = await plant(t, HOST)
  const context = (configuration: BackendContext['configuration']): BackendContext =>
    ({caller: ADA, env: {}, configuration, error: serviceError}) as Partial<BackendContext> as BackendContext
  t.like(await detectSystemd(context({}), root), {presence: 'available', scope: 'user'})
  const stranger = {...context({}), caller: {...ADA, uid: STRANGER}}
  const name = accountOf(STRANGER)?.name ?? 'ACCOUNT'
  t.true((await detectSystemd(stranger, root)).hint?.includes(`loginctl enable-linger ${name} `))
  const broken = await detectSystemd(context({linger: 7}), root)
  t.is(broken.presence, 'available')
  t.regex(broken.evidence[0]?.value ?? '', /backends\.systemd\.linger: expected enable or leave, got 7/)
  t.throws(() => backend.create(context({linger: 7})), {message: /backends\.systemd\.linger/})
})
