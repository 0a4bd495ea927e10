import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import test, {type ExecutionContext} from 'ava'
import {
  type BackendContext,
  type BackendPackage,
  BackendRegistry,
  type CandidateReport,
  findCandidates,
  serviceError,
  systemClock,
} from '@hermes-svc/core'
import {backendModule, makePackage, presence, unmadePackage} from './fixtures/backend-package.js'
import {NO_TOOLS} from './fixtures/guard-fixture.js'
import {temporaryDirectory} from './temporary-directory.js'

/** For modules that hang. */
const DEADLINE_MS = 500
/** For all others: a busy machine must not break them. */
const PATIENCE_MS = 20_000
/** Longer than a busy machine takes to find out that a module is broken, and shorter than PATIENCE_MS. */
const SOON_MS = 15_000

const timers: NodeJS.Timeout[] = []
Object.assign(globalThis, {keepBusy: (ms: number) => timers.push(setInterval(() => undefined, ms))})
test.after.always('the timers of broken modules end with the tests', () => {
  for (const timer of timers) clearInterval(timer)
})

function kinds(packages: readonly BackendPackage[]): string[] {
  return findCandidates(packages, process.platform).candidates.map(({kind}) => kind)
}

function context(signal = new AbortController().signal): BackendContext {
  const silent = (): undefined => undefined
  return {
    tools: NO_TOOLS,
    env: {},
    platform: process.platform,
    caller: {uid: 1000, gid: 1000, home: '/home/owner'},
    clock: systemClock,
    logger: {debug: silent, warn: silent, incomplete: silent},
    paths: {root: '/x', state: '/x', gateways: '/x', logs: '/x'},
    configuration: {},
    signal,
    error: serviceError,
  }
}

function registry(
  packages: readonly BackendPackage[],
  {signal, deadlineMs = PATIENCE_MS}: {signal?: AbortSignal; deadlineMs?: number} = {},
): BackendRegistry {
  const {candidates, passedOver} = findCandidates(packages, process.platform)
  return new BackendRegistry({
    candidates,
    passedOver,
    account: 'ada',
    adviceFor: kind => `hermes-svc plugins install ${kind}`,
    contextFor: () => context(signal),
    deadlineMs,
    patientDeadlineMs: PATIENCE_MS,
  })
}

/** Imports a module before its deadline runs, so that all of that is left for what hangs. */
async function loadAhead({root}: BackendPackage): Promise<void> {
  await import(pathToFileURL(join(root, 'index.js')).href)
}

async function reportOf(registered: BackendRegistry, kind: string): Promise<CandidateReport> {
  const candidate = registered.candidates.find(item => item.kind === kind)
  if (!candidate) throw new Error(`expected a candidate ${kind}`)
  return (await registered.ask(candidate)).report
}

/** Packages named after what they say, with those priorities from high to low. */
function packagesOf(t: ExecutionContext, ...modules: readonly (readonly [string, string])[]): BackendPackage[] {
  const directory = temporaryDirectory(t)
  return modules.map(([kind, detect], index) =>
    makePackage(directory, kind, backendModule(kind, detect), {metadata: {priority: 90 - index}, source: 'bundled'}),
  )
}

test('what is slow is passed over in the search, and waited for when it is named', async t => {
  const slow = `await new Promise(resolve => setTimeout(resolve, 400)); ${presence('available')}`
  const plugin = makePackage(temporaryDirectory(t), 'slow', backendModule('slow', slow), {source: 'installed'})
  await loadAhead(plugin)
  const registered = registry([plugin], {deadlineMs: 100})
  t.is(await registered.choose(true), null)
  t.like(await reportOf(registered, 'slow'), {
    presence: 'broken',
    reason: 'detect failed: detect did not end within 100 ms',
  })
  t.like((await registered.named('slow')).report, {presence: 'available'})
  t.is((await registered.choose(true))?.report.kind, 'slow')
})

test('candidates are tried by priority, ties by kind, fallbacks last', t => {
  const packages = [
    unmadePackage('embedded', {priority: 1000, fallback: true}),
    unmadePackage('zeta', {priority: 80}),
    unmadePackage('alpha', {priority: 80}),
    unmadePackage('low', {priority: 1}),
    unmadePackage('high', {priority: 100}),
  ]
  t.deepEqual(kinds(packages), ['high', 'alpha', 'zeta', 'low', 'embedded'])
  t.deepEqual(kinds([...packages].reverse()), ['high', 'alpha', 'zeta', 'low', 'embedded'])
})

test('candidates of other platforms are dropped without a word', t => {
  const {candidates, warnings} = findCandidates([unmadePackage('launchd', {platforms: ['darwin', 'plan9']})], 'linux')
  t.deepEqual([candidates, warnings], [[], []])
})

for (const [what, fields, problem] of [
  ['another contract', {contract: 2, priority: 'of another kind'}, /expected contract 1, got 2/],
  ['no contract', {contract: undefined}, /contract to be a number/],
  ['a kind that is no word', {kind: 'S 6'}, /kind to be a lower-case word/],
  ['no priority', {priority: '100'}, /priority to be a number/],
  ['no platforms', {platforms: 'linux'}, /platforms to be a list/],
  ['no module', {module: null}, /module to be a path/],
  ['a module of its neighbour', {module: './dist/../../other/index.js'}, /to be a path inside the package/],
  ['a module somewhere else', {module: '/tmp/index.js'}, /to be a path inside the package/],
  ['a priority beyond all others', {priority: Infinity}, /priority to be a number/],
  ['a fallback that is neither', {fallback: 'yes'}, /fallback to be true or false/],
] as const) {
  test(`a package with ${what} is not used, and a warning says why`, t => {
    const {candidates, warnings} = findCandidates([unmadePackage('bad', fields)], process.platform)
    t.deepEqual(candidates, [])
    t.is(warnings.length, 1)
    t.true(warnings[0]?.startsWith('@test/bad@1.0.0 is not used: '))
    t.regex(warnings[0] ?? '', problem)
  })
}

test('a package without metadata is not used, and a warning says why', t => {
  for (const nothing of [undefined, null, 'x', []]) {
    const {warnings} = findCandidates([{...unmadePackage('bad'), metadata: nothing}], process.platform)
    t.is(warnings.length, 1)
  }
})

test('an installed or linked package replaces the bundled one of its name, whatever comes first', t => {
  const bundled = unmadePackage('s6', {priority: 100})
  for (const source of ['installed', 'linked'] as const) {
    const own = {...bundled, version: '2.0.0', source}
    for (const packages of [
      [bundled, own],
      [own, bundled],
    ]) {
      const {candidates, warnings} = findCandidates(packages, process.platform)
      t.deepEqual(
        candidates.map(({version, source: from}) => [version, from]),
        [['2.0.0', source]],
      )
      t.deepEqual(warnings, [])
    }
  }
})

test('of two packages of one kind the bundled one wins, and a warning names both', t => {
  const rival = {...unmadePackage('s6'), name: 'rival-s6', source: 'installed' as const}
  const {candidates, warnings} = findCandidates([rival, unmadePackage('s6')], process.platform)
  t.deepEqual(
    candidates.map(candidate => candidate.package),
    ['@test/s6'],
  )
  t.deepEqual(warnings, ['rival-s6@1.0.0 is not used: the bundled @test/s6 has the kind s6 too'])
})

test('of two installed packages of one kind neither is used, and warnings name both', t => {
  const one = {...unmadePackage('runit'), name: 'one', source: 'installed' as const}
  const two = {...one, name: 'two', source: 'linked' as const}
  const {candidates, warnings} = findCandidates([one, two, unmadePackage('s6')], process.platform)
  t.deepEqual(
    candidates.map(({kind}) => kind),
    ['s6'],
  )
  t.is(warnings.length, 2)
  for (const warning of warnings) t.regex(warning, /one.*two|two.*one/)
})

test('the first available candidate is chosen, and those after it are not even loaded', async t => {
  const packages = packagesOf(t, ['first', presence('absent')], ['second', presence('available', 'system')])
  const marker = join(packages[0]?.root ?? '', 'loaded')
  const late = makePackage(
    temporaryDirectory(t),
    'third',
    `import {writeFileSync} from 'node:fs'\nwriteFileSync(${JSON.stringify(marker)}, '')\n${backendModule('third', presence('available'))}`,
    {metadata: {priority: 1}},
  )
  const choice = await registry([...packages, late]).choose(true)
  t.like(choice?.report, {kind: 'second', presence: 'available', scope: 'system', reason: null, priority: 89})
  t.is(choice?.backend.kind, 'second')
  t.false(existsSync(marker))
})

test('an unreachable candidate stops the search with its reason and hint', async t => {
  const registered = registry(packagesOf(t, ['first', presence('unreachable')], ['second', presence('available')]))
  const error = await t.throwsAsync(registered.choose(true), {code: 'HSVC_BACKEND_UNAVAILABLE'})
  t.is(error.message, 'first is there but cannot be reached: because it is unreachable')
  t.like(error, {hint: 'a hint', backend: 'first'})
})

test('an unreachable candidate that has no advice gets the hint how to go past it', async t => {
  const registered = registry(packagesOf(t, ['first', `return {presence: 'unreachable', evidence: []}`]))
  const error = await t.throwsAsync(registered.choose(true), {message: /it gave no reason/})
  t.regex((error as {hint?: string}).hint ?? '', /--backend KIND goes past it/)
})

test('a candidate that is named is used also where it is absent or unreachable', async t => {
  const registered = registry(packagesOf(t, ['first', presence('unreachable')], ['second', presence('absent')]))
  t.is((await registered.named('first')).backend.kind, 'first')
  t.is((await registered.named('second')).backend.kind, 'second')
})

test('a kind that nobody provides is HSVC_NO_BACKEND, for whose account, with what to install', async t => {
  const error = await t.throwsAsync(registry(packagesOf(t, ['first', presence('absent')])).named('runit'))
  t.like(error, {
    code: 'HSVC_NO_BACKEND',
    backend: 'runit',
    message: 'no backend of the kind "runit" is installed for ada (have: first)',
    hint: 'hermes-svc plugins install runit',
  })
})

for (const [what, fields, message] of [
  ['another contract', {contract: 2}, /^@test\/runit@1\.0\.0 cannot be used here: expected contract 1, got 2: install/],
  ['another platform', {platforms: ['plan9']}, /cannot be used here: it is for plan9, not for/],
  ['metadata of another shape', {priority: 'high'}, /cannot be used here: expected hermesSvc\.backend\.priority/],
] as const) {
  test(`a kind whose package has ${what} is not called missing: that is said instead`, async t => {
    const registered = registry([unmadePackage('runit', fields)])
    await t.throwsAsync(registered.named('runit'), {code: 'HSVC_NO_BACKEND', message})
  })
}

test('a fallback is considered only when all others are absent, and only when asked for', async t => {
  const directory = temporaryDirectory(t)
  const fallback = makePackage(directory, 'fall', backendModule('fall', presence('available')), {
    metadata: {priority: 1000, fallback: true},
  })
  const [there] = packagesOf(t, ['there', presence('available')])
  const [absent] = packagesOf(t, ['gone', presence('absent')])
  if (!there || !absent) throw new Error('expected two packages')
  t.is((await registry([fallback, there]).choose(true))?.report.kind, 'there')
  t.is((await registry([fallback, absent]).choose(true))?.report.kind, 'fall')
  t.is(await registry([fallback, absent]).choose(false), null)
})

test('when nothing is there, nothing is chosen', async t => {
  t.is(await registry([]).choose(true), null)
  t.is(await registry(packagesOf(t, ['gone', presence('absent')])).choose(true), null)
})

/** Modules that go wrong in every way that the contract names, and what their report says. */
const BROKEN: readonly [string, string | null, RegExp][] = [
  ['throws at import', `throw new Error('boom at import')`, /^boom at import$/],
  ['throws something that is no error', `throw 'just text'`, /^just text$/],
  ['throws something that has no text', `throw Object.create(null)`, /^something was thrown that cannot be shown$/],
  ['has much to say', `throw new Error('x'.repeat(10_000_000))`, /^x{4000}$/],
  ['rejects at import', `await Promise.reject(new Error('boom later'))`, /^boom later$/],
  [
    'is a proxy that throws',
    `export const backend = new Proxy({}, {get() { throw new Error('boom in the proxy') }})`,
    /^boom in the proxy$/,
  ],
  [
    'throws in detect before it gives a promise',
    `${backendModule('bad', '')}\nbackend.detect = () => { throw new Error('boom at once') }`,
    /^detect failed: boom at once$/,
  ],
  [
    'throws something in detect that has no text',
    backendModule('bad', `throw {toString() { throw new Error('never') }}`),
    /^detect failed: something was thrown that cannot be shown$/,
  ],
  [
    'answers evidence that is none',
    backendModule('bad', `return {presence: 'absent', evidence: [{fact: 7}]}`),
    /expected detection\.evidence\[0\]\.fact to be a text, got 7/,
  ],
  ['does not parse', `export const backend = {`, /Unexpected end of input/],
  ['is missing', null, /Cannot find module/],
  ['imports a package that is not there', `import 'no-such-package'`, /no-such-package/],
  [
    'hangs at import',
    `globalThis.keepBusy(2 ** 30); await new Promise(() => undefined)`,
    /^import did not end within 500 ms$/,
  ],
  [
    'hangs at import with a busy timer',
    `globalThis.keepBusy(0); await new Promise(() => undefined)`,
    /^import did not end within 500 ms$/,
  ],
  ['exports nothing', `export default {}`, /expected an export named backend, got undefined/],
  ['exports null', `export const backend = null`, /expected an export named backend/],
  ['exports a function', `export const backend = () => ({})`, /expected an export named backend, got function/],
  ['exports an old contract', `export const backend = {contract: 0}`, /expected backend.contract 1, got 0/],
  ['exports another kind', backendModule('other', presence('available')), /expected backend.kind "bad", got "other"/],
  [
    'exports no detect',
    `export const backend = {contract: 1, kind: 'bad', create() {}}`,
    /expected backend.detect to be a function, got undefined/,
  ],
  [
    'exports no capabilities',
    `export const backend = {contract: 1, kind: 'bad', create() {}, detect() {}}`,
    /expected backend.capabilities to be an object, got none/,
  ],
  [
    'has a field that throws when it is read',
    `export const backend = {get contract() { throw new Error('boom when read') }}`,
    /^boom when read$/,
  ],
  [
    'hangs in detect',
    backendModule('bad', `await new Promise(() => undefined)`),
    /^detect failed: detect did not end within 500 ms$/,
  ],
  ['throws in detect', backendModule('bad', `throw new Error('boom in detect')`), /^detect failed: boom in detect$/],
  ['answers nothing', backendModule('bad', `return undefined`), /expected detection to be an object, got none/],
  ['answers a presence of its own', backendModule('bad', presence('maybe')), /got "maybe"/],
  [
    'answers no evidence',
    backendModule('bad', `return {presence: 'available'}`),
    /expected detection.evidence to be a list/,
  ],
  [
    'answers a scope of its own',
    backendModule('bad', presence('available', 'planet')),
    /expected detection.scope to be one of user, system, container, got "planet"/,
  ],
]

for (const [what, module, reason] of BROKEN) {
  test(`a backend that ${what} is reported, skipped, and waited for no longer than its deadline`, async t => {
    const directory = temporaryDirectory(t)
    const good = makePackage(directory, 'good', backendModule('good', presence('available')), {
      metadata: {priority: 10},
      source: 'bundled',
    })
    const bad = makePackage(directory, 'bad', module)
    if (what === 'hangs in detect') await loadAhead(bad)
    const deadlineMs = what.startsWith('hangs') ? DEADLINE_MS : PATIENCE_MS
    const registered = registry([bad, good], {deadlineMs})
    const begun = performance.now()
    const choice = await registered.choose(true)
    const took = performance.now() - begun
    t.is(choice?.report.kind, 'good')
    t.true(took < SOON_MS, `took ${String(took)} ms`)
    const report = await reportOf(registered, 'bad')
    t.is(report.presence, 'broken')
    t.regex(report.reason ?? '', reason)
    t.notThrows(() => structuredClone(report))
  })
}

test('what is frozen, or has its methods from a class, is a backend too', async t => {
  const frozen = `${backendModule('frozen', presence('available'))}\nObject.freeze(backend)`
  const classy = `${backendModule('plain', presence('available')).replace('export', '')}
    class Example { contract = 1; kind = 'classy'; capabilities = backend.capabilities; #own = 'absent'
      async detect() { return {presence: this.#own, evidence: []} }
      create() {} }
    const example = new Example()
    export {example as backend}`
  const directory = temporaryDirectory(t)
  const registered = registry([makePackage(directory, 'frozen', frozen), makePackage(directory, 'classy', classy)])
  t.is((await reportOf(registered, 'frozen')).presence, 'available')
  t.is((await reportOf(registered, 'classy')).presence, 'absent')
})

test('capabilities that change, or hold more than the contract has, are what they were when they were looked at', async t => {
  const changing = `${backendModule('here', presence('available'))}
    Object.assign(backend.capabilities, {secret: () => 0})
    let reads = 0
    Object.defineProperty(backend.capabilities, 'follow', {enumerable: true, get: () => reads++ < 2})`
  const registered = registry([makePackage(temporaryDirectory(t), 'here', changing)])
  const {capabilities} = await reportOf(registered, 'here')
  const shown = JSON.stringify(capabilities)
  t.regex(shown, /"follow":true/)
  t.is(JSON.stringify(capabilities), shown)
  t.notRegex(shown, /secret/)
})

test('a backend that cannot be loaded is HSVC_BACKEND_UNAVAILABLE for whoever names it', async t => {
  const registered = registry([makePackage(temporaryDirectory(t), 'bad', `throw new Error('boom')`)])
  await t.throwsAsync(registered.named('bad'), {code: 'HSVC_BACKEND_UNAVAILABLE', message: '@test/bad: boom'})
})

test('a backend whose detection is broken can still be named', async t => {
  const registered = registry([makePackage(temporaryDirectory(t), 'bad', backendModule('bad', `throw new Error('x')`))])
  const {report, backend} = await registered.named('bad')
  t.is(backend.kind, 'bad')
  t.is(report.presence, 'broken')
  t.truthy(report.capabilities)
})

test('a candidate is loaded and asked once, however often it is needed', async t => {
  const directory = temporaryDirectory(t)
  const counting = `globalThis.askedTimes = (globalThis.askedTimes ?? 0) + 1\n${presence('available')}`
  const registered = registry([makePackage(directory, 'once', backendModule('once', counting))])
  await Promise.all([registered.choose(true), registered.choose(false), registered.named('once')])
  t.is((globalThis as {askedTimes?: number}).askedTimes, 1)
})

test('a search that is interrupted is HSVC_ABORTED, not a machine without an init system', async t => {
  const packages = packagesOf(t, ['slow', `await new Promise(() => undefined)`], ['good', presence('available')])
  const interruption = new AbortController()
  const registered = registry(packages, {signal: interruption.signal})
  const choice = registered.choose(true)
  interruption.abort()
  await t.throwsAsync(choice, {code: 'HSVC_ABORTED'})
  await t.throwsAsync(registered.named('good'), {code: 'HSVC_ABORTED'})
})

/** A registry with one backend whose `examine` has that body. */
async function examining(t: ExecutionContext, examine: string, deadlineMs = PATIENCE_MS): Promise<BackendRegistry> {
  const module = `${backendModule('here', presence('available'))}\nbackend.examine = async context => { ${examine} }`
  const here = makePackage(temporaryDirectory(t), 'here', module)
  await loadAhead(here)
  return registry([here], {deadlineMs})
}

test('a backend that examines its init system is given its context, and its problems are passed on', async t => {
  const problem = `{severity: 'error', message: 'full: ' + context.caller.uid, hint: 'make room'}`
  t.deepEqual(await (await examining(t, `return [${problem}]`)).examine('here'), [
    {severity: 'error', message: 'full: 1000', hint: 'make room'},
  ])
  t.deepEqual(await registry(packagesOf(t, ['other', presence('available')])).examine('other'), [])
})

for (const [what, examine, reason] of [
  ['throws', `throw new Error('boom')`, 'boom'],
  ['hangs', `await new Promise(() => undefined)`, 'examine did not end within 500 ms'],
  ['answers no list', `return 'fine'`, 'expected problems to be a list, got "fine"'],
] as const) {
  test(`a backend whose examine ${what} is told of as a warning`, async t => {
    const message = `@test/here: examine failed: ${reason}`
    const registered = await examining(t, examine, what === 'hangs' ? DEADLINE_MS : PATIENCE_MS)
    t.deepEqual(await registered.examine('here'), [{severity: 'warning', message, hint: null}])
  })
}
