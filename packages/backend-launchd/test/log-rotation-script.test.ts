import {spawnSync} from 'node:child_process'
import {
  chownSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {readLogFile, systemClock} from '@hermes-svc/core'
import {renderLogRotationScript} from '../dist/log-rotation-script.js'
import {why, withDash} from './dash.js'
import {assertGolden} from './golden.js'
import {BREAKABLE, OF_ROTATION, RotatedLogs, type WrittenLog} from './rotated-logs.js'

const WELL = {code: 0, stderr: ''}

test('the script that rotates logs is as it was', t => {
  assertGolden(t, 'hermes-log-rotation.sh', renderLogRotationScript())
})

/** Nothing is missing, nothing is there twice, and nothing is left of a copy. */
function assertWhole(t: ExecutionContext, log: WrittenLog, what = ''): void {
  t.deepEqual(log.kept, log.written, what)
  t.deepEqual(
    log.names.filter(name => name.startsWith('.')),
    [],
    what,
  )
}

withDash(`a log over its limit becomes an archive, and its writer goes on in an empty one${why}`, t => {
  const logs = new RotatedLogs(t)
  const log = logs.add('coder', '3 100\n')
  log.write(11)
  t.deepEqual(logs.run(), WELL)
  t.is(log.size, 0)
  log.write(2)
  t.deepEqual(log.names, ['archive.0000000001', 'current', 'limits'])
  t.deepEqual(log.linesIn('archive.0000000001'), log.written.slice(0, 11))
  t.deepEqual(log.linesIn('current'), log.written.slice(11))
  t.is(statSync(join(log.directory, 'archive.0000000001')).mode & 0o777, 0o600)
})

withDash(`a log of as many bytes as its limit is left alone${why}`, t => {
  const logs = new RotatedLogs(t)
  const log = logs.add('coder', '3 100\n')
  log.write(10)
  t.deepEqual(logs.run(), WELL)
  t.deepEqual(log.names, ['current', 'limits'])
  t.is(log.size, 100)
})

withDash(`each log has its own limit${why}`, t => {
  const logs = new RotatedLogs(t)
  const sizes = [90, 100, 110, 120, 1000]
  const all = sizes.map(size => logs.add(`to-${String(size)}`, `3 ${String(size)}\n`))
  for (const log of all) log.write(11)
  t.deepEqual(logs.run(), WELL)
  t.deepEqual(
    all.map(log => log.archives.length),
    [1, 1, 0, 0, 0],
  )
})

withDash(`only the newest archives are kept, as many as the limits say now${why}`, t => {
  const logs = new RotatedLogs(t)
  const log = logs.add('coder', '3 100\n')
  const rotateOnce = () => {
    log.write(11)
    t.deepEqual(logs.run(), WELL)
  }
  for (let count = 0; count < 5; count += 1) rotateOnce()
  t.deepEqual(log.archives, ['archive.0000000003', 'archive.0000000004', 'archive.0000000005'])
  t.deepEqual(log.kept, log.written.slice(-33))
  writeFileSync(join(log.directory, 'limits'), '1 100\n')
  rotateOnce()
  t.deepEqual(log.archives, ['archive.0000000006'])
  writeFileSync(join(log.directory, 'limits'), '0 100\n')
  rotateOnce()
  t.deepEqual(log.names, ['current', 'limits'])
})

withDash(`archives are counted in tens, whatever a shell makes of a 0 in front${why}`, t => {
  for (const [last, next] of [
    ['0000000007', '0000000008'],
    ['0000000008', '0000000009'],
    ['0000000099', '0000000100'],
    ['0999999999', '1000000000'],
  ] as const) {
    const logs = new RotatedLogs(t)
    const log = logs.add('coder')
    writeFileSync(join(log.directory, `archive.${last}`), '')
    for (const other of ['archive.1', 'archive.99999999999', 'archive.00000000xx', 'archive'])
      writeFileSync(join(log.directory, other), '')
    log.write(11)
    t.deepEqual(logs.run(), WELL)
    t.true(log.names.includes(`archive.${next}`), next)
  }
})

withDash(`names that mean something to a shell or to find are names${why}`, t => {
  const logs = new RotatedLogs(t)
  const names = [
    'a b',
    " lead's ",
    '"',
    '$HOME',
    '`id`',
    '-delete',
    '[a]',
    'a',
    '?',
    '!',
    '(',
    'ä€𝄞',
    '\\',
    'a\tb',
    '\u0001\u007f',
    '~',
    '#',
    'current',
  ]
  const all = names.map(name => logs.add(name))
  for (const log of all) log.write(11)
  t.deepEqual(logs.run(), WELL)
  for (const log of all) {
    t.is(log.archives.length, 1, log.directory)
    assertWhole(t, log, log.directory)
  }
})

withDash(`a name with a line end in it, which no profile has, is passed over, and the others are not${why}`, t => {
  const logs = new RotatedLogs(t)
  const [odd, even] = [logs.add('a\nb'), logs.add('a')]
  odd.write(11)
  even.write(11)
  t.is(logs.run().code, 0)
  t.is(odd.size, 110)
  t.is(even.size, 0)
})

const GARBAGE = [
  ...[
    '',
    '\n',
    '9\n',
    '9 100',
    '9 100 1\n',
    'x 100\n',
    '9 x\n',
    '9 1e2\n',
    '-9 100\n',
    '9 -100\n',
    '9 0x10\n',
    '9,100\n',
  ],
  ...[
    '09 100\n',
    '9 0100\n',
    '9 9999999999999999\n',
    '9999999999999999 100\n',
    '* 100\n',
    '9 *\n',
    '$(id) 100\n',
    '\0\n',
  ],
]

withDash(`limits that are not two whole numbers are none${why}`, t => {
  const logs = new RotatedLogs(t)
  const all = GARBAGE.map((limits, index) => logs.add(`garbage-${String(index)}`, limits))
  const good = logs.add('good')
  for (const log of [...all, good]) log.write(11)
  t.deepEqual(logs.run(), WELL)
  for (const [index, log] of all.entries()) t.is(log.size, 110, JSON.stringify(GARBAGE[index]))
  t.is(good.size, 0)
})

/** Makes something of that name that is no regular file. */
const IRREGULAR: Readonly<Record<string, (path: string) => void>> = {
  'a link': path => {
    writeFileSync(`${path}-aside`, path.endsWith('limits') ? '9 100\n' : 'x'.repeat(200))
    symlinkSync(`${path}-aside`, path)
  },
  'a broken link': path => {
    symlinkSync('/nowhere/at/all', path)
  },
  'a FIFO': path => {
    spawnSync('mkfifo', [path])
  },
  'a directory': path => {
    mkdirSync(path)
  },
  nothing: () => undefined,
}

for (const [what, make] of Object.entries(IRREGULAR)) {
  withDash(`where ${what} stands for a log or for limits nothing is done, and nobody waits${why}`, t => {
    const logs = new RotatedLogs(t)
    const [withoutLog, withoutLimits, good] = [logs.add('no-log'), logs.add('no-limits', null), logs.add('good')]
    rmSync(withoutLog.current)
    make(withoutLog.current)
    make(join(withoutLimits.directory, 'limits'))
    for (const log of [withoutLimits, good]) log.write(11)
    const before = withoutLog.names
    t.deepEqual(logs.run(), WELL)
    t.deepEqual(withoutLog.names, before)
    if (what === 'a link') t.is(readFileSync(`${withoutLog.current}-aside`, 'utf8').length, 200)
    t.is(withoutLimits.size, 110)
    t.is(good.size, 0)
  })
}

withDash(`a link to a directory of logs is not followed${why}`, t => {
  const [logs, others] = [new RotatedLogs(t), new RotatedLogs(t)]
  const log = others.add('coder')
  log.write(11)
  symlinkSync(log.directory, join(logs.directory, 'coder'))
  t.deepEqual(logs.run(), WELL)
  t.is(log.size, 110)
})

const withRoot = process.getuid?.() === 0 ? withDash : test.skip
const whyRoot = process.getuid?.() === 0 ? '' : ' (skipped: only root can give a directory away)'

withRoot(`what another account’s directory has is left alone${why}${whyRoot}`, t => {
  const logs = new RotatedLogs(t)
  const log = logs.add('coder')
  log.write(11)
  chownSync(log.directory, 65_534, 65_534)
  t.deepEqual(logs.run(), WELL)
  t.deepEqual(log.names, ['current', 'limits'])
  t.is(log.size, 110)
})

for (const [what, before] of [
  ['and cp is killed for it', ''],
  ['and cp is told', "trap '' XFSZ;"],
] as const) {
  withDash(`a log that cannot be copied, as on a full disk ${what}, stays whole, and others are rotated${why}`, t => {
    const logs = new RotatedLogs(t)
    const [large, small] = [logs.add('large'), logs.add('small')]
    large.write(300)
    small.write(11)
    const {code, stderr} = logs.runWithin(2, before)
    t.is(code, 1)
    t.true(stderr.endsWith(`hermes-log-rotation: ${logs.directory}/./large/current: not rotated\n`), stderr)
    t.deepEqual(large.names, ['current', 'limits'])
    assertWhole(t, large)
    t.is(small.size, 0)
    t.deepEqual(logs.run(), WELL)
    t.is(large.size, 0)
    assertWhole(t, large)
  })
}

withDash(`without a directory, or with one that is not there, it fails${why}`, t => {
  const {script, directory} = new RotatedLogs(t)
  for (const args of [[], [''], [join(directory, 'none')]]) {
    const {status, stderr} = spawnSync(script, args, {cwd: directory, encoding: 'utf8'})
    t.not(status, 0)
    t.not(stderr, '')
  }
  t.is(spawnSync(script, [directory]).status, 0)
})

async function textsIn({directory}: WrittenLog): Promise<string[]> {
  const texts: string[] = []
  const options = {clock: systemClock, lines: 10_000}
  for await (const {text} of readLogFile({profile: 'coder', directory}, options)) texts.push(text)
  return texts
}

withDash(`killed anywhere, it has lost nothing, and the next run clears up${why}`, async t => {
  let kills = 0
  for (const line of BREAKABLE) {
    const logs = new RotatedLogs(t)
    const log = logs.add('coder')
    log.write(11)
    logs.run()
    log.write(12)
    if (logs.runUntil(line)) kills += 1
    t.deepEqual(await textsIn(log), log.written, `line ${String(line)}`)
    log.write(14)
    t.deepEqual(await textsIn(log), log.written, `line ${String(line)}`)
    t.deepEqual(logs.run(), WELL)
    assertWhole(t, log, `line ${String(line)}`)
    t.is(log.size, 0)
  }
  t.true(kills > 40, String(kills))
})

withDash(`two at the same time lose nothing and keep nothing twice${why}`, async t => {
  let holds = 0
  const runAt = async (line: number) => {
    const logs = new RotatedLogs(t)
    const log = logs.add('coder', '2 100\n')
    for (let count = 0; count < 2; count += 1) {
      log.write(11)
      logs.run()
    }
    log.write(13)
    const first = logs.hold(line)
    if (await first.held) holds += 1
    t.deepEqual(logs.run(), WELL, `line ${String(line)}`)
    t.is(await first.goOn(), 0, `line ${String(line)}`)
    t.deepEqual(log.kept, log.written.slice(11), `line ${String(line)}`)
    t.deepEqual(log.names.length, 4, `line ${String(line)}`)
  }
  for (let from = 0; from < OF_ROTATION.length; from += 8)
    await Promise.all(OF_ROTATION.slice(from, from + 8).map(runAt))
  t.true(holds > 30, String(holds))
})

withDash(`the copy of a killed run whose pid somebody else has now is cleared away${why}`, t => {
  const logs = new RotatedLogs(t)
  const log = logs.add('coder')
  for (const pid of [String(process.pid), '1', '0', '99999999', '', 'x', '*', '-1'])
    writeFileSync(join(log.directory, `.staging-current.${pid}`), 'half a l')
  log.write(11)
  t.deepEqual(logs.run(), WELL)
  t.is(log.size, 0)
  assertWhole(t, log)
})

withDash(`what a killed run left under the pid of this one takes no archive with it${why}`, t => {
  const logs = new RotatedLogs(t)
  const log = logs.add('coder')
  log.write(11)
  logs.run()
  log.write(12)
  // A shell that becomes the script is there before with the same pid.
  const leave = `ln "$2/archive.0000000001" "$2/.staging-current.$$"; exec "$0" "$1"`
  const {status} = spawnSync('/bin/dash', ['-c', leave, logs.script, logs.directory, log.directory])
  t.is(status, 0)
  t.is(log.size, 0)
  assertWhole(t, log)
})

withDash(`a copy that became an archive before the log was emptied comes again under another number${why}`, t => {
  const logs = new RotatedLogs(t)
  const log = logs.add('coder')
  log.write(11)
  const [staged, archive] = ['.staging-current.99999999', 'archive.0000000001'].map(name => join(log.directory, name))
  copyFileSync(log.current, staged ?? '')
  linkSync(staged ?? '', archive ?? '')
  log.write(1)
  t.deepEqual(logs.run(), WELL)
  t.deepEqual(log.archives, ['archive.0000000002'])
  assertWhole(t, log)
})

withDash(`whoever follows a log while it is rotated is given every line once${why}`, async t => {
  const logs = new RotatedLogs(t)
  const log = logs.add('coder', '3 100\n')
  log.write(3)
  const controller = new AbortController()
  const texts: string[] = []
  const options = {clock: systemClock, lines: 10, follow: true, signal: controller.signal}
  const followed = (async () => {
    for await (const {text} of readLogFile({profile: 'coder', directory: log.directory}, options)) texts.push(text)
  })()
  t.teardown(async () => {
    controller.abort()
    await followed
  })
  const until = async (count: number) => {
    const end = performance.now() + 60_000
    while (texts.length < count && performance.now() < end) await systemClock.sleep(10)
  }
  await until(3)
  for (let round = 0; round < 6; round += 1) {
    log.write(11 + round)
    logs.run()
    if (round % 3 === 1) await until(log.written.length)
  }
  log.write(1)
  await until(log.written.length)
  t.deepEqual(texts, log.written)
})

withDash(`under a flood the order stays, and nothing is kept twice${why}`, async t => {
  const logs = new RotatedLogs(t)
  const log = logs.add('coder', '99 100\n')
  for (let round = 0; round < 5; round += 1) {
    log.write(11)
    const run: {code?: number | null} = {}
    void logs.start().then(code => {
      run.code = code
    })
    while (run.code === undefined) {
      log.write(1)
      await systemClock.sleep(0)
    }
    t.is(run.code, 0)
  }
  const {kept} = log
  t.deepEqual(kept, [...new Set(kept)].sort())
  t.is(kept.at(-1), log.written.at(-1))
  t.true(log.archives.length >= 5)
})
