import {execFileSync} from 'node:child_process'
import fs from 'node:fs'
import {syncBuiltinESMExports} from 'node:module'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, dirname, join} from 'node:path'
import {asAccount} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import {
  changedAtUs,
  readDefinition,
  readDefinitions,
  readEnabled,
  type UnitDefinition,
} from '../dist/unit-definitions.js'
import {definitionId, renderUnit} from '../dist/unit-file.js'
import {plainFacts, plainSpec} from './plain-gateway.js'

const ROOT = '/home/ada/.hermes'
const OURS = renderUnit(plainSpec(), plainFacts())
// Nobody has this account's rights by accident.
const STRANGER = 65_534

/** A directory of units with these files, open to everybody. */
function plant(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'hsvc-units-'))
  chmodSync(directory, 0o755)
  t.teardown(() => rmSync(directory, {recursive: true, force: true}))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), {recursive: true})
    writeFileSync(join(directory, name), text)
  }
  return directory
}

function read(directory: string): UnitDefinition[] {
  return readDefinitions('user', directory, ROOT).sort((a, b) => (a.unit < b.unit ? -1 : 1))
}

/** The names of files that are opened by an action. */
function openedBy(action: () => unknown): string[] {
  const {openSync} = fs
  const opened: string[] = []
  fs.openSync = (path, ...rest) => {
    opened.push(basename(String(path)))
    return openSync(path, ...rest)
  }
  syncBuiltinESMExports()
  try {
    action()
  } finally {
    fs.openSync = openSync
    syncBuiltinESMExports()
  }
  return opened.sort()
}

/** The profile of each unit found, and whether it is ours. */
function found(directory: string): Record<string, readonly [profile: string, whose: 'ours' | 'foreign']> {
  return Object.fromEntries(
    read(directory).map(({unit, profile, marker}) => [unit, [profile, marker === null ? 'foreign' : 'ours']]),
  )
}

function homeOf(home: string | null): string {
  const environment = home === null ? '' : `Environment="HERMES_HOME=${home}"\n`
  return `[Service]\n${environment}ExecStart=/usr/bin/python3 -m hermes gateway run\n`
}

test('a unit of ours has its marker', t => {
  const directory = plant(t, {'hermes-svc-coder.service': OURS})
  t.deepEqual(read(directory), [
    {
      profile: 'coder',
      scope: 'user',
      unit: 'hermes-svc-coder.service',
      path: join(directory, 'hermes-svc-coder.service'),
      marker: {root: ROOT, id: definitionId(plainSpec()), autostart: true, intact: true, logsToFile: false},
      isMasked: false,
      problem: null,
    },
  ])
})

test('a unit of ours that was changed by hand is still ours', t => {
  const directory = plant(t, {'hermes-svc-coder.service': OURS.replace('RestartSec=5000ms', 'RestartSec=1')})
  t.is(read(directory)[0]?.marker?.intact, false)
})

test('a unit of our name without our section is somebody else’s', t => {
  const directory = plant(t, {'hermes-svc-coder.service': homeOf(null), 'hermes-svc-ops.service': ''})
  t.deepEqual(found(directory), {
    'hermes-svc-coder.service': ['coder', 'foreign'],
    'hermes-svc-ops.service': ['ops', 'foreign'],
  })
})

test('a unit of ours for another profile root is somebody else’s', t => {
  const other = renderUnit(plainSpec(), plainFacts({root: '/srv/hermes'}))
  t.deepEqual(found(plant(t, {'hermes-svc-coder.service': other})), {'hermes-svc-coder.service': ['coder', 'foreign']})
})

test('a link to /dev/null masks a unit', t => {
  const directory = plant(t, {})
  symlinkSync('/dev/null', join(directory, 'hermes-svc-coder.service'))
  t.like(read(directory), [{profile: 'coder', isMasked: true, marker: null, problem: null}])
})

test('a link to a unit in a store is somebody else’s, whatever is in it', t => {
  const directory = plant(t, {'store/hermes-svc-coder.service': OURS})
  symlinkSync(join(directory, 'store/hermes-svc-coder.service'), join(directory, 'hermes-svc-coder.service'))
  t.like(read(directory), [{profile: 'coder', isMasked: false, marker: null, problem: null}])
})

test('a link that leads nowhere is no unit', t => {
  const directory = plant(t, {})
  symlinkSync(join(directory, 'gone'), join(directory, 'hermes-svc-coder.service'))
  t.deepEqual(read(directory), [])
})

test('a unit that may not be read is there, with the reason', t => {
  const directory = plant(t, {'hermes-svc-coder.service': OURS, 'hermes-gateway-ops.service': homeOf('/srv/other')})
  for (const name of ['hermes-svc-coder.service', 'hermes-gateway-ops.service']) chmodSync(join(directory, name), 0)
  const isRoot = process.geteuid?.() === 0
  const rows = isRoot ? asAccount(STRANGER, STRANGER, () => read(directory)) : read(directory)
  t.deepEqual(
    rows.map(({profile, marker}) => [profile, marker]),
    [
      ['ops', null],
      ['coder', null],
    ],
  )
  for (const {problem} of rows) t.regex(problem ?? '', /^EACCES: permission denied/)
})

test('what has the name of a unit and is no file is there, with the reason', t => {
  const directory = plant(t, {'hermes-svc-coder.service/x': ''})
  t.like(read(directory), [{profile: 'coder', marker: null}])
  t.regex(read(directory)[0]?.problem ?? '', /^EISDIR/)
})

test('a FIFO that has the name of a unit is there, with the reason, and holds nobody up', t => {
  const directory = plant(t, {})
  execFileSync('mkfifo', [join(directory, 'hermes-svc-coder.service')])
  t.like(read(directory), [{profile: 'coder', marker: null}])
  t.regex(read(directory)[0]?.problem ?? '', /expected a regular file/)
})

test('a unit of Hermes’ own belongs to the profile whose home it sets', t => {
  const directory = plant(t, {
    'hermes-gateway.service': homeOf(ROOT),
    'hermes-gateway-coder.service': homeOf(`${ROOT}/profiles/coder`),
    'hermes-gateway-0a1b2c3d.service': homeOf(`${ROOT}/profiles/ops/`),
  })
  t.deepEqual(found(directory), {
    'hermes-gateway.service': ['default', 'foreign'],
    'hermes-gateway-coder.service': ['coder', 'foreign'],
    'hermes-gateway-0a1b2c3d.service': ['ops', 'foreign'],
  })
})

test('a unit of Hermes’ own that sets no home belongs to the profile of its name', t => {
  const directory = plant(t, {'hermes-gateway.service': homeOf(null), 'hermes-gateway-coder.service': homeOf(null)})
  t.deepEqual(found(directory), {
    'hermes-gateway.service': ['default', 'foreign'],
    'hermes-gateway-coder.service': ['coder', 'foreign'],
  })
})

test('a unit of Hermes’ own for another home is none of this root', t => {
  const homes = ['/srv/hermes', '/home/ada', `${ROOT}2`, `${ROOT}/profiles`, `${ROOT}/profiles/a/b`, `${ROOT}/x/coder`]
  for (const home of homes) t.deepEqual(found(plant(t, {'hermes-gateway-coder.service': homeOf(home)})), {}, home)
})

test('our marker does not count in a unit of Hermes’ name', t => {
  t.deepEqual(found(plant(t, {'hermes-gateway-coder.service': OURS})), {
    'hermes-gateway-coder.service': ['coder', 'foreign'],
  })
})

const NO_GATEWAYS = [
  'hermes-svc-coder.timer',
  'hermes-svc-coder.service.d/override.conf',
  'hermes-svc-.service',
  'hermes-svc-Coder.service',
  'hermes-svc-a b.service',
  'hermes-svc-a@b.service',
  'hermes-svc-coder.service~',
  '.hsvc-hermes-svc-coder.service',
  'hermes-gateway-.service',
  'hermes-gateway-Ops.service',
  'hermes-gatewayx.service',
  'hermes.service',
  'ssh.service',
]

test('files whose names are those of no profile define no gateway', t => {
  t.deepEqual(found(plant(t, Object.fromEntries(NO_GATEWAYS.map(name => [name, OURS])))), {})
})

test('a directory that is not there has no units and nothing enabled', t => {
  const directory = join(plant(t, {}), 'missing')
  t.deepEqual(read(directory), [])
  t.is(readDefinition('user', directory, 'hermes-svc-coder.service', ROOT), null)
  t.is(readEnabled(directory).size, 0)
})

test('a directory that cannot be read is an error, and not one without units', t => {
  const directory = join(plant(t, {file: ''}), 'file')
  t.throws(() => read(directory), {code: 'ENOTDIR'})
})

test('a unit is enabled by a link in the directory of a target, also one that leads nowhere', t => {
  const directory = plant(t, {'multi-user.target.wants/hermes-svc-ops.service': ''})
  mkdirSync(join(directory, 'default.target.wants'))
  symlinkSync('/gone/hermes-svc-coder.service', join(directory, 'default.target.wants/hermes-svc-coder.service'))
  mkdirSync(join(directory, 'other.target.wants/hermes-svc-late.service'), {recursive: true})
  t.deepEqual([...readEnabled(directory)].sort(), ['hermes-svc-coder.service', 'hermes-svc-ops.service'])
})

test('a unit was changed when its file was, a drop-in was made or changed, and never by a link to it', t => {
  const directory = plant(t, {'hermes-svc-coder.service': OURS})
  const path = join(directory, 'hermes-svc-coder.service')
  const ctimeUs = (name: string): number => statSync(join(directory, name)).ctimeMs * 1000
  t.is(changedAtUs({path}), ctimeUs('hermes-svc-coder.service'))
  mkdirSync(join(directory, 'default.target.wants'))
  symlinkSync(path, join(directory, 'default.target.wants/hermes-svc-coder.service'))
  t.is(changedAtUs({path}), ctimeUs('hermes-svc-coder.service'))
  const dropIn = 'hermes-svc-coder.service.d/override.conf'
  mkdirSync(dirname(join(directory, dropIn)))
  t.is(changedAtUs({path}), ctimeUs(dirname(dropIn)))
  // The clock of a file system has ticks of some milliseconds.
  do writeFileSync(join(directory, dropIn), '')
  while (ctimeUs(dropIn) <= ctimeUs(dirname(dropIn)))
  t.is(changedAtUs({path}), ctimeUs(dropIn))
  t.is(changedAtUs({path: join(directory, 'missing.service')}), 0)
})

test.serial('of some profiles no unit of ours is read that is another’s by its name', t => {
  const directory = plant(t, {
    'hermes-svc-ada.service': OURS,
    'hermes-svc-coder.service': OURS,
    'hermes-svc-writer.service': OURS,
    'hermes-gateway-main.service': homeOf(`${ROOT}/profiles/coder`),
    'hermes-gateway-other.service': homeOf(`${ROOT}/profiles/writer`),
  })
  let units: readonly string[] = []
  const opened = openedBy(() => {
    units = readDefinitions('user', directory, ROOT, ['coder']).map(({unit}) => unit)
  })
  t.deepEqual([...units].sort(), ['hermes-gateway-main.service', 'hermes-svc-coder.service'])
  t.deepEqual(opened, ['hermes-gateway-main.service', 'hermes-gateway-other.service', 'hermes-svc-coder.service'])
})
