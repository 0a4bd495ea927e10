import type {ExecutionContext} from 'ava'
import {eventually} from '../../testing/dist/eventually.js'
import type {Run} from '../../testing/dist/program-run.js'
import {Caller} from './caller.js'
import {machineTest, machineTests} from './machine-test.js'
import type {Machine} from './machine.js'

/** A gateway that says `out N` and `err N` on its two outputs, N being 1 and so on, five times a second. */
const TALKING = ['/bin/sh', '-c', 'n=0; while :; do n=$((n+1)); echo "out $n"; echo "err $n" >&2; sleep 0.2; done']

async function installTalking(t: ExecutionContext, caller: Caller): Promise<void> {
  await caller.done(t, ['gateway', 'install', 'coder', '--', ...TALKING])
  await logged(caller, /\berr 3$/m)
}

/** Waits until `gateway logs` succeeds and shows this. */
/** Of all that the gateway said, which on a busy machine soon is more than is shown unasked. */
const ALL = ['-n', '10000']

async function logged(caller: Caller, pattern: RegExp, args: readonly string[] = ALL): Promise<string> {
  return await eventually(`the log has ${String(pattern)}`, async () => {
    const {code, stdout} = await caller.run(['gateway', 'logs', 'coder', ...args])
    return code === 0 && pattern.test(stdout) && stdout
  })
}

/** Follows the log until it has shown this, and gives what it showed. */
async function follow(
  caller: Caller,
  args: readonly string[],
  patterns: readonly RegExp[],
  between: () => Promise<unknown>,
): Promise<string> {
  const {machine, user} = caller
  const child = machine.spawn(['hermes-svc', 'gateway', 'logs', 'coder', '-f', ...args], {
    user,
    env: {HERMES_HOME: '/home/dev/.hermes'},
  })
  let shown = ''
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (shown += part))
  for (const [index, pattern] of patterns.entries()) {
    if (index > 0) await between()
    await eventually(`following shows ${String(pattern)}`, () => pattern.test(shown))
  }
  child.kill()
  return shown
}

/** What the error tells to do, as root would have typed it without sudo. */
function commandsOf({stderr}: Run, pattern: RegExp): string {
  const found = pattern.exec(stderr)?.[0]
  if (found === undefined) throw new Error(`expected ${String(pattern)} in ${JSON.stringify(stderr)}`)
  return found.replaceAll('sudo ', '')
}

/** Logs stay when their gateway is removed. */
async function filesButLogs(caller: Caller): Promise<string[]> {
  return (await caller.files()).filter(each => !each.includes('/coder/current '))
}

/** Takes journald away from the next boot on. */
async function bootWithoutJournal(machine: Machine): Promise<void> {
  const units = ['systemd-journald.service', 'systemd-journald.socket', 'systemd-journald-dev-log.socket']
  await machine.output([
    'systemctl',
    'mask',
    ...units,
    'systemd-journald-audit.socket',
    'systemd-journal-flush.service',
  ])
  await machine.reboot()
}

machineTests(
  'the account reads both outputs of its gateway in their order, some or since some time, and follows',
  async (t, machine) => {
    await machine.enableLinger('dev')
    const caller = new Caller(machine, 'user')
    await installTalking(t, caller)
    const all = await logged(caller, /err 3/)
    t.regex(all, /^\d{4}-\d\d-\d\dT\S+Z out 1\n\S+ err 1\n\S+ out 2\n\S+ err 2\n/m)
    t.is((await logged(caller, /err/, ['-n', '4'])).trim().split('\n').length, 4)
    t.regex(await logged(caller, /out 1$/m, ['--since', '1h']), /^\S+ out 1\n/m)
    const {stdout: none} = await caller.done(t, ['gateway', 'logs', 'coder', '--since', '1ms', '-n', '100'])
    t.notRegex(none, / out 1\n/)
    const {stdout: json} = await caller.done(t, ['gateway', 'logs', 'coder', '-n', '2', '--json'])
    for (const line of json.trim().split('\n')) t.like(JSON.parse(line), {profile: 'coder'})

    const shown = await follow(caller, ['-n', '1'], [/err \d+\n/, /out 1\n/], () =>
      caller.done(t, ['gateway', 'restart', 'coder']),
    )
    t.notRegex(shown.split('\n').slice(0, 2).join('\n'), / out 1$/m)
    t.not(
      (await caller.run(['gateway', 'logs', 'coder'], {user: 'other', env: {HERMES_HOME: '/home/dev/.hermes'}})).code,
      0,
    )
  },
)

machineTest(
  'logs of a system service are for root and the journal group, and the account is told so',
  {release: 'bookworm'},
  async (t, machine) => {
    const root = new Caller(machine, 'system')
    const dev = new Caller(machine, 'user')
    await installTalking(t, root)
    const refused = await dev.run(['gateway', 'logs', 'coder'])
    t.is(refused.code, 77, refused.stderr)
    t.regex(refused.stderr, /sudo HERMES_HOME=\/home\/dev\/\.hermes hermes-svc gateway logs coder/)
    const join = commandsOf(refused, /sudo usermod -aG systemd-journal dev/)
    await machine.output(['sh', '-c', `PATH=/usr/sbin:$PATH; ${join}`])
    t.regex(await logged(dev, /err 3/), /^\S+ out 1\n/m)
  },
)

machineTest(
  'a journal that is not kept across boots is not readable for the account, and what makes it so is told',
  {release: 'trixie'},
  async (t, machine) => {
    await machine.output(['rm', '-r', '/var/log/journal'])
    await machine.reboot()
    await machine.enableLinger('dev')
    const dev = new Caller(machine, 'user')
    await dev.done(t, ['gateway', 'install', 'coder', '--', ...TALKING])
    const refused = await dev.run(['gateway', 'logs', 'coder'])
    t.is(refused.code, 77, refused.stderr)
    const asRoot = {user: 'root', env: {HERMES_HOME: '/home/dev/.hermes'}} as const
    await eventually('root reads it', async () =>
      (await dev.run(['gateway', 'logs', 'coder'], asRoot)).stdout.includes('err 3'),
    )
    await machine.output(['sh', '-c', commandsOf(refused, /sudo mkdir [^;,\n]+/)])
    await dev.done(t, ['gateway', 'restart', 'coder'])
    t.regex(await logged(dev, /err 3/), /^\S+ out 1\n/m)
  },
)

machineTests('where there is no journald the output goes to a file, which is read and followed', async (t, machine) => {
  await machine.enableLinger('dev')
  await bootWithoutJournal(machine)
  await machine.userManager('dev')
  for (const scope of ['user', 'system'] as const) {
    const caller = new Caller(machine, scope)
    const before = await filesButLogs(caller)
    await installTalking(t, caller)
    const {logs} = await caller.row('coder')
    t.like(logs, {kind: 'file'})
    t.regex(logs.path ?? '', /\/coder$/)
    t.regex(await logged(caller, /err 3/), /^out 1\nerr 1\nout 2\n/)
    await follow(caller, ['-n', '1'], [/err \d+\n/, /out 1\n/], () => caller.done(t, ['gateway', 'restart', 'coder']))
    await caller.done(t, ['gateway', 'uninstall', 'coder'])
    t.deepEqual(await filesButLogs(caller), before)
  }
})
