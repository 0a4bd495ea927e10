import {execFileSync} from 'node:child_process'
import {chmodSync, closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {asAccount, type BackendContext, type Caller, type Detection, serviceError} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import {detectS6, judgeMachine} from '../dist/detect.js'
import {backend} from '../dist/index.js'
import {lookAtMachine, type MachineLook} from '../dist/machine-look.js'
import {choosePlace} from '../dist/scandir-place.js'

interface Tree {
  /** /proc/1/comm; without it there is none. */
  readonly pid1?: string
  readonly directories?: readonly string[]
  readonly files?: readonly string[]
  /** Scandirs, and whether somebody reads their control FIFO. */
  readonly scandirs?: Readonly<Record<string, 'live' | 'dead'>>
}

const OVERLAY_3 = ['/run/s6/basedir', '/run/s6/container_environment', '/command', '/package/admin/s6-overlay-3.2.3.0']
const SYSTEMD = ['/run/systemd/system']
const LIVE = {'/run/service': 'live'} as const
const DEAD = {'/run/service': 'dead'} as const
const CONTAINER_MARKERS = ['/.dockerenv', '/run/.containerenv', '/run/systemd/container', '/proc/1/cgroup']

const ROOT: Caller = {uid: 0, gid: 0, home: '/root'}
const HERMES: Caller = {uid: 10_000, gid: 10_000, home: '/opt/data'}
// Nobody has this account's rights by accident, and root of a container may take it.
const STRANGER = 65_534

/** A root file system of the test's own, open to everybody, where a live scandir has a real reader. */
function plant(t: ExecutionContext, {pid1, directories = [], files = [], scandirs = {}}: Tree): string {
  const root = mkdtempSync(join(tmpdir(), 'hermes-svc-detect-'))
  chmodSync(root, 0o755)
  t.teardown(() => rmSync(root, {recursive: true, force: true}))
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), {recursive: true})
    writeFileSync(join(root, path), text)
  }
  for (const path of directories) mkdirSync(join(root, path), {recursive: true})
  for (const path of files) write(path, '')
  if (pid1 !== undefined) write('/proc/1/comm', `${pid1}\n`)
  for (const [path, life] of Object.entries(scandirs)) {
    mkdirSync(join(root, path, '.s6-svscan'), {recursive: true})
    plantFifo(t, join(root, path, '.s6-svscan/control'), life)
  }
  return root
}

function plantFifo(t: ExecutionContext, fifo: string, life: 'live' | 'dead'): void {
  execFileSync('mkfifo', ['-m', '666', fifo])
  if (life === 'dead') return
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  t.teardown(() => closeSync(reader))
}

/** Looks with rights that do not reach into `closed`, as s6-svscan makes it: of its own account, and 0700. */
function lookFromOutside(root: string, closed: string, configured: string | null = null): MachineLook {
  const directory = join(root, closed)
  const isRoot = process.geteuid?.() === 0
  chmodSync(directory, isRoot ? 0o700 : 0)
  try {
    return isRoot
      ? asAccount(STRANGER, STRANGER, () => lookAtMachine(configured, root))
      : lookAtMachine(configured, root)
  } finally {
    chmodSync(directory, 0o700)
  }
}

type Answer = readonly [presence: Detection['presence'], scope?: Detection['scope']]

interface Row {
  readonly tree: Tree
  readonly root: Answer
  /** An account that the scandir was given to. */
  readonly hermes: Answer
  /** An account that was given nothing. Left out where there is no scandir. */
  readonly stranger?: Answer
}

/** One environment, with and without the marks of a container, which must not matter. */
const row = test.macro((t: ExecutionContext, {tree, root, hermes, stranger}: Row) => {
  for (const markers of [[], CONTAINER_MARKERS]) {
    const place = plant(t, {...tree, files: [...(tree.files ?? []), ...markers]})
    const answer = (look: MachineLook, caller: Caller): Answer => {
      const {presence, scope, reason} = judgeMachine(look, caller, null)
      t.is(reason === undefined, presence === 'available')
      return scope === undefined ? [presence] : [presence, scope]
    }
    t.deepEqual(answer(lookAtMachine(null, place), ROOT), root)
    t.deepEqual(answer(lookAtMachine(null, place), HERMES), hermes)
    const [scandir] = Object.keys(tree.scandirs ?? {})
    t.is(stranger === undefined, scandir === undefined)
    if (stranger !== undefined && scandir !== undefined)
      t.deepEqual(answer(lookFromOutside(place, `${scandir}/.s6-svscan`), HERMES), stranger)
  }
})

const CONTAINER = {
  root: ['available', 'container'],
  hermes: ['available', 'container'],
  stranger: ['unreachable', 'container'],
} as const
const NOTHING = {root: ['absent'], hermes: ['absent']} as const

test('s6-overlay v3 is available', row, {
  tree: {pid1: 's6-svscan', directories: OVERLAY_3, scandirs: LIVE},
  ...CONTAINER,
})

test('s6-overlay v2 is available with its own scandir', row, {
  tree: {
    pid1: 's6-svscan',
    directories: ['/etc/s6'],
    files: ['/bin/s6-svscan'],
    scandirs: {'/run/s6/services': 'live'},
  },
  ...CONTAINER,
})

test('a host whose process 1 is s6-svscan is available in the scope of who asks', row, {
  tree: {pid1: 's6-svscan', files: ['/sbin/init', '/usr/bin/s6-svscan'], scandirs: LIVE},
  root: ['available', 'system'],
  hermes: ['available', 'user'],
  stranger: ['unreachable', 'user'],
})

test('a host whose process 1 is s6-svscan with its scandir elsewhere is absent', row, {
  tree: {pid1: 's6-svscan', directories: ['/run/66/scandir/0']},
  ...NOTHING,
})

for (const pid1 of ['docker-init', 'tini', 'dumb-init', 'catatonit']) {
  test(`s6-svscan behind ${pid1} is available`, row, {tree: {pid1, scandirs: LIVE}, ...CONTAINER})
}

test('s6-overlay that did not start because of docker run --init is absent', row, {
  tree: {pid1: 'docker-init', directories: ['/command', '/package/admin/s6-overlay-3.2.3.0'], files: ['/init']},
  ...NOTHING,
})

test('s6-svscan in a Kubernetes pod that shares its process namespace is available', row, {
  tree: {pid1: 'pause', directories: OVERLAY_3, scandirs: LIVE},
  ...CONTAINER,
})

test('s6-svscan in a container with the process namespace of a systemd host is available', row, {
  tree: {pid1: 'systemd', scandirs: LIVE},
  ...CONTAINER,
})

test('s6-svscan is available from within a foreign process namespace', row, {
  tree: {pid1: 'bash', directories: OVERLAY_3, scandirs: LIVE},
  ...CONTAINER,
})

test('s6-svscan on Fly is available behind its init', row, {
  tree: {pid1: 'init', directories: ['/.fly'], scandirs: LIVE},
  ...CONTAINER,
})

test('s6-overlay as process 1 on Fly is available', row, {
  tree: {pid1: 's6-svscan', directories: ['/.fly', ...OVERLAY_3], scandirs: LIVE},
  ...CONTAINER,
})

test('Fly without s6-svscan is absent', row, {tree: {pid1: 'init', directories: ['/.fly', '/command']}, ...NOTHING})

test('s6-svscan is available where process 1 cannot be told', row, {tree: {scandirs: LIVE}, ...CONTAINER})

test('s6-overlay is available where process 1 cannot be told', row, {
  tree: {directories: OVERLAY_3, scandirs: LIVE},
  ...CONTAINER,
})

test('a Kubernetes pod without s6-svscan is absent', row, {
  tree: {pid1: 'node', files: ['/var/run/secrets/kubernetes.io/serviceaccount/token', '/usr/bin/s6-svscan']},
  ...NOTHING,
})

test('a toolbox container that sees process 1 of its systemd host is absent', row, {
  tree: {pid1: 'systemd', directories: ['/run/host/run/systemd/system', '/run/user/1000/systemd']},
  ...NOTHING,
})

test('a devcontainer with s6 installed but not started is absent', row, {
  tree: {pid1: 'docker-init', directories: ['/run/systemd'], files: ['/usr/bin/s6-svscan', '/usr/bin/systemctl']},
  ...NOTHING,
})

test('s6-svscan beside an installed systemd that did not boot is available', row, {
  tree: {pid1: 'sh', directories: ['/run/systemd'], files: ['/usr/bin/systemctl'], scandirs: LIVE},
  ...CONTAINER,
})

test('s6-svscan beside a replacement of systemctl is available', row, {
  tree: {pid1: 'systemctl', directories: SYSTEMD, files: ['/usr/bin/systemctl'], scandirs: LIVE},
  ...CONTAINER,
})

test('a systemd host with s6 installed is absent', row, {
  tree: {pid1: 'systemd', directories: SYSTEMD, files: ['/usr/bin/s6-svscan']},
  ...NOTHING,
})

test('a systemd host with a live scandir that nobody named is absent', row, {
  tree: {pid1: 'systemd', directories: SYSTEMD, scandirs: LIVE},
  ...NOTHING,
  stranger: ['absent'],
})

test('a systemd host that hides process 1 is absent, also with a live scandir', row, {
  tree: {directories: SYSTEMD, scandirs: LIVE},
  ...NOTHING,
  stranger: ['absent'],
})

test('a systemd host with leftovers of s6-svscan is absent', row, {
  tree: {pid1: 'systemd', directories: SYSTEMD, scandirs: DEAD},
  ...NOTHING,
  stranger: ['absent'],
})

test('a systemd host with a live scandir of s6-overlay is available', row, {
  tree: {pid1: 'systemd', directories: [...SYSTEMD, ...OVERLAY_3], scandirs: LIVE},
  ...CONTAINER,
})

test('systemd in a system container is absent', row, {
  tree: {pid1: 'systemd', directories: SYSTEMD, files: ['/dev/.lxc-boot-id']},
  ...NOTHING,
})

test('leftovers of s6-svscan are absent for who may see that nobody reads, and unreachable for who may not', row, {
  tree: {pid1: 'bash', scandirs: DEAD},
  ...NOTHING,
  stranger: ['unreachable', 'container'],
})

test('s6-overlay whose s6-svscan is dead is unreachable', row, {
  tree: {pid1: 'bash', directories: OVERLAY_3, scandirs: DEAD},
  root: ['unreachable', 'container'],
  hermes: ['unreachable', 'container'],
  stranger: ['unreachable', 'container'],
})

test('s6-overlay as process 1 without its scandir is unreachable', row, {
  tree: {pid1: 's6-svscan', directories: OVERLAY_3},
  root: ['unreachable', 'container'],
  hermes: ['unreachable', 'container'],
})

test('directories of s6-overlay without a scandir are absent where s6-svscan is not process 1', row, {
  tree: {pid1: 'bash', directories: OVERLAY_3},
  ...NOTHING,
})

test('a name of process 1 that may not be read counts as none', t => {
  const root = plant(t, {pid1: 'systemd', scandirs: LIVE})
  const look = lookFromOutside(root, '/proc/1')
  t.is(look.pid1, null)
  t.is(judgeMachine(look, HERMES, null).presence, 'available')
})

test('supervisors that outlived their s6-svscan do not make a scandir live', t => {
  const root = plant(t, {pid1: 'bash', directories: ['/run/service/gateway-coder/supervise'], scandirs: DEAD})
  plantFifo(t, join(root, '/run/service/gateway-coder/supervise/control'), 'live')
  t.is(judgeMachine(lookAtMachine(null, root), ROOT, null).presence, 'absent')
  const named = judgeMachine(lookAtMachine('/run/service', root), ROOT, '/run/service')
  t.is(named.presence, 'unreachable')
  t.is(named.reason, 'expected s6-svscan to listen on /run/service/.s6-svscan/control, got nobody')
})

test('a control that is no FIFO is not a scandir', t => {
  const root = plant(t, {pid1: 'bash', files: ['/run/service/.s6-svscan/control']})
  t.is(lookAtMachine(null, root).scandirs[0]?.control, 'none')
})

test('a scandir that the user named is the only one looked at, and available when live, also under systemd', t => {
  const scandirs = {...DEAD, '/home/ada/scan': 'live'} as const
  const root = plant(t, {pid1: 'systemd', directories: SYSTEMD, scandirs})
  const look = lookAtMachine('/home/ada/scan/', root)
  t.deepEqual(
    look.scandirs.map(({path, control}) => [path, control]),
    [['/home/ada/scan', 'alive']],
  )
  t.is(judgeMachine(look, HERMES, '/home/ada/scan').presence, 'available')
})

test('a scandir that the user named is unreachable when it is dead, closed or missing, with what to do', t => {
  const root = plant(t, {pid1: 'bash', scandirs: {'/scan': 'dead', '/closed': 'live'}})
  const judge = (look: MachineLook): Detection => judgeMachine(look, HERMES, 'named')
  const dead = judge(lookAtMachine('/scan', root))
  t.like(dead, {
    presence: 'unreachable',
    reason: 'expected s6-svscan to listen on /scan/.s6-svscan/control, got nobody',
    hint: 'start it: s6-svscan /scan; or correct backends.s6.scandir',
  })
  const missing = judge(lookAtMachine('/nowhere', root))
  t.like(missing, {
    presence: 'unreachable',
    reason: 'expected s6-svscan to listen on /nowhere/.s6-svscan/control, got no such FIFO',
  })
  const closed = judge(lookFromOutside(root, '/closed/.s6-svscan', '/closed'))
  t.like(closed, {
    presence: 'unreachable',
    reason: 'expected to be allowed to write to /closed/.s6-svscan/control, got permission denied as uid 10000',
  })
  t.regex(closed.hint ?? '', /^run it as .* or name a scandir of your own as backends\.s6\.scandir$/)
})

test('a closed scandir of a container has a hint that makes it reachable; one of a host has none that gives root away', t => {
  const overlay = plant(t, {pid1: 's6-svscan', directories: OVERLAY_3, scandirs: LIVE})
  const given = judgeMachine(lookFromOutside(overlay, '/run/service/.s6-svscan'), HERMES, null)
  t.regex(
    given.hint ?? '',
    /run it as root, or .*chown ACCOUNT \/run\/service \/run\/service\/\.s6-svscan \/run\/service\/\.s6-svscan\/control$/,
  )
  const host = plant(t, {pid1: 's6-svscan', scandirs: LIVE})
  t.notRegex(judgeMachine(lookFromOutside(host, '/run/service/.s6-svscan'), HERMES, null).hint ?? '', /chown/)
})

test('a live scandir that is passed over says how to use it', t => {
  const root = plant(t, {pid1: 'systemd', directories: SYSTEMD, scandirs: LIVE})
  t.regex(judgeMachine(lookAtMachine(null, root), ROOT, null).reason ?? '', /name it as backends\.s6\.scandir$/)
})

test('the evidence names process 1, the overlay, systemd, and every control FIFO, whatever the answer', t => {
  const root = plant(t, {pid1: 's6-svscan', scandirs: {'/run/s6/services': 'dead', ...LIVE}})
  t.deepEqual(judgeMachine(lookAtMachine(null, root), ROOT, null).evidence, [
    {fact: 'name of process 1', path: '/proc/1/comm', value: 's6-svscan'},
    {fact: 's6-overlay runs', path: '/run/s6/services', value: 'version 2'},
    {fact: 'systemd booted this machine', path: '/run/systemd/system', value: 'no'},
    {fact: 'control FIFO has a reader', path: '/run/s6/services/.s6-svscan/control', value: 'no'},
    {fact: 'control FIFO has a reader', path: '/run/service/.s6-svscan/control', value: 'yes'},
  ])
  const empty = judgeMachine(lookAtMachine(null, plant(t, {})), ROOT, null)
  t.deepEqual(
    empty.evidence.map(({value}) => value),
    ['cannot be read', 'no', 'no', 'not there'],
  )
})

test('gateways go into the live one of two scandirs', t => {
  const root = plant(t, {pid1: 's6-svscan', scandirs: {'/run/s6/services': 'dead', ...LIVE}})
  t.deepEqual(choosePlace(lookAtMachine(null, root), ROOT, null), {
    scandir: '/run/service',
    scope: 'container',
    overlay: false,
  })
})

test('gateways go into the usual scandir where none is found', t => {
  const place = {scandir: '/run/service', scope: 'container', overlay: false} as const
  t.deepEqual(choosePlace(lookAtMachine(null, plant(t, {})), HERMES, null), place)
})

test('a named scandir has the scope of its owner, and the usual one of a container that of the container', t => {
  const look = (path: string, ownerUid: number | null, changes: Partial<MachineLook> = {}): MachineLook => ({
    pid1: 'systemd',
    overlay: null,
    systemdRuns: true,
    scandirs: [{path, control: 'alive', ownerUid}],
    ...changes,
  })
  const scope = (of: MachineLook, caller = ROOT): string => choosePlace(of, caller, 'named').scope
  t.is(scope(look('/home/ada/scan', 1000)), 'user')
  t.is(scope(look('/srv/scan', 0), HERMES), 'system')
  t.is(scope(look('/missing', null), HERMES), 'user')
  t.is(scope(look('/missing', null)), 'system')
  t.is(scope(look('/run/service', 0)), 'system')
  const container = {pid1: 'tini', systemdRuns: false}
  t.is(scope(look('/run/service', 10_000, container)), 'container')
  t.is(scope(look('/srv/scan', 0, {...container, overlay: 3})), 'container')
  t.is(scope(look('/home/ada/scan', 1000, {...container, overlay: 3})), 'user')
  for (const path of ['/run/s6/services', '/var/run/s6/services'])
    t.like(choosePlace(look(path, 10_000, {overlay: 2}), ROOT, path), {scope: 'container', overlay: true})
})

test('detection reads the configured scandir, and settings that do not hold are told where they are used', t => {
  const root = plant(t, {pid1: 's6-svscan', directories: OVERLAY_3, scandirs: {...LIVE, '/scan': 'live'}})
  const context = (configuration: BackendContext['configuration']): BackendContext =>
    ({caller: HERMES, configuration, error: serviceError}) as Partial<BackendContext> as BackendContext
  t.like(detectS6(context({}), root), {presence: 'available', scope: 'container'})
  const named = detectS6(context({scandir: '/scan'}), root)
  t.is(named.evidence.at(-1)?.path, '/scan/.s6-svscan/control')
  const broken = detectS6(context({scandir: 7}), root)
  t.is(broken.presence, 'available')
  t.regex(broken.evidence[0]?.value ?? '', /backends\.s6\.scandir: expected an absolute path, got 7/)
  t.throws(() => backend.create(context({scandir: 7})), {message: /backends\.s6\.scandir/})
})
