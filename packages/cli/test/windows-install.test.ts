import {PassThrough} from 'node:stream'
import test from 'ava'
import GatewayInstall from '../dist/commands/gateway/install.js'
import {config, fakeHost, forgetHost, output} from './fake-host.js'

test.serial.afterEach.always(forgetHost)

interface Replaced {
  readonly target: object
  readonly key: string
  readonly before: PropertyDescriptor | undefined
}

function replace(target: object, key: string, value: unknown): Replaced {
  const before = Object.getOwnPropertyDescriptor(target, key)
  Object.defineProperty(target, key, {value, configurable: true})
  return {target, key, before}
}

function putBack({target, key, before}: Replaced): void {
  if (before) Object.defineProperty(target, key, before)
  else Reflect.deleteProperty(target, key)
}

/** Runs install as if this were Windows, at a terminal where these lines are typed, or without one: null. */
async function installOnWindows(lines: readonly string[] | null, ...flags: string[]): ReturnType<typeof output> {
  const stdin = Object.assign(new PassThrough(), {isTTY: lines !== null})
  for (const line of lines ?? []) stdin.write(`${line}\n`)
  const replaced = [
    replace(process, 'platform', 'win32'),
    replace(process, 'stdin', stdin),
    replace(process.stdout, 'isTTY', lines !== null),
  ]
  try {
    return await output(() => GatewayInstall.run(['coder', ...flags], config))
  } finally {
    for (const each of replaced) putBack(each)
  }
}

test.serial('on a terminal of Windows install asks what was not decided, and heeds the answers', async t => {
  const {install} = fakeHost()
  const {stderr} = await installOnWindows(['n'], '--start-on-login')
  t.regex(stderr, /Start coder now\? \[Y\/n\] /)
  const [request, options] = install.firstCall.args as [object, object]
  t.deepEqual(request, {profile: 'coder', autostart: true})
  t.like(options, {start: false})
})

test.serial('without a terminal, and with --json or --dry-run, install on Windows asks nothing', async t => {
  const {install, preview} = fakeHost()
  for (const [lines, flags] of [
    [null, []],
    [[], ['--json']],
    [[], ['--dry-run']],
  ] as const) {
    const {error, stderr} = await installOnWindows(lines, ...flags)
    t.is(error, undefined)
    t.false(stderr.includes('?'), stderr)
  }
  t.is(preview.callCount, 1)
  t.is(install.callCount, 2)
  for (const [request, options] of install.args as [object, object][]) {
    t.deepEqual(request, {profile: 'coder'})
    t.like(options, {start: true})
  }
})

test.serial('install tells the backend that it is the elevated process', async t => {
  const {install} = fakeHost()
  await installOnWindows([], '--elevated-handoff')
  t.like(install.firstCall.args[1] as object, {elevatedHandoff: true, start: true})
})

test.serial('a flag and its opposite are refused', async t => {
  fakeHost()
  for (const flags of [
    ['--start-now', '--no-start'],
    ['--start-on-login', '--no-autostart'],
  ])
    t.like((await installOnWindows(null, ...flags)).error, {code: 'HSVC_USAGE'}, flags.join(' '))
})
