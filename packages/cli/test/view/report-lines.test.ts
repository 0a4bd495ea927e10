import {serviceError} from '@hermes-svc/core'
import test from 'ava'
import {reportError} from '../../dist/error-report.js'
import {planOutput} from '../../dist/output/plan-output.js'
import {candidateTable, evidenceLines} from '../../dist/view/candidate-lines.js'
import {configurationTable} from '../../dist/view/configuration-lines.js'
import {errorLines} from '../../dist/view/error-lines.js'
import {findingLines} from '../../dist/view/finding-lines.js'
import {planLines} from '../../dist/view/plan-lines.js'
import {reconcileLines} from '../../dist/view/reconcile-lines.js'
import {paintFor} from '../../dist/view/style.js'
import {candidate, spec} from '../samples.js'

const plain = paintFor(false)

test('an error is one line: what, and what to do', t => {
  const error = serviceError('HSVC_INVALID_SPEC', 'no profile "codr" in ~/.hermes (have: coder)', {
    hint: 'Did you mean coder?',
  })
  t.deepEqual(errorLines(reportError(error)), ['✗ no profile "codr" in ~/.hermes (have: coder). Did you mean coder?'])
})

test('a command to run is said to be one, and the home directory is ~', t => {
  const error = serviceError('HSVC_NOT_FOUND', 'no gateway "x" in /home/ann/.hermes', {hint: 'hermes-svc gateway list'})
  t.deepEqual(errorLines(reportError(error), false, '/home/ann'), [
    '✗ no gateway "x" in ~/.hermes. Try: hermes-svc gateway list',
  ])
})

test('the home directory is ~ except after =, where a shell would leave it as it is', t => {
  const error = serviceError('HSVC_PERMISSION_DENIED', '/home/ann/x and --cwd=/home/ann/y belong to root', {
    hint: 'sudo HERMES_HOME=/home/ann/.hermes hermes-svc gateway stop coder',
  })
  t.deepEqual(errorLines(reportError(error), false, '/home/ann'), [
    '✗ ~/x and --cwd=/home/ann/y belong to root. Try: sudo HERMES_HOME=/home/ann/.hermes hermes-svc gateway stop coder',
  ])
})

test('a failed start shows exit code and last log lines, without their escapes', t => {
  const error = serviceError('HSVC_START_FAILED', 'coder started and died', {
    lastExit: {code: 1, signal: null, at: null},
    logTail: ['one', '\u001b]0;x\u0007two'],
    hint: 'read the log',
  })
  t.deepEqual(errorLines(reportError(error)), [
    '✗ coder started and died',
    '  last exit: exit 1',
    '  last log lines:',
    '    one',
    '    two',
    '  Read the log',
  ])
})

test('leftovers and the words of a tool are shown', t => {
  const tool = {file: 'systemctl', args: ['start'], exitCode: 1, signal: null, stderr: 'no bus\n', timedOut: false}
  const lines = errorLines(
    reportError(serviceError('HSVC_ROLLBACK_FAILED', 'undo failed', {remains: ['/a'], tool})),
    true,
  )
  t.deepEqual(lines, [
    '✗ undo failed',
    '  left behind:',
    '    /a',
    '    no bus',
    '  code: HSVC_ROLLBACK_FAILED (exit 74)',
  ])
})

test('a plan shows files, tools and notes, and no value of the environment', t => {
  const secret = 'tops3cret'
  const preview = {
    spec: spec({env: {TOKEN: secret}, argv: ['/bin/echo', 'two words']}),
    plan: {
      entries: [
        {kind: 'directory' as const, path: '/d', mode: 0o700, owner: null, contents: null, sensitive: false},
        {
          kind: 'file' as const,
          path: '/d/env',
          mode: 0o600,
          owner: 'hermes',
          contents: Buffer.from(secret),
          sensitive: true,
        },
        {
          kind: 'file' as const,
          path: '/d/run',
          mode: 0o755,
          owner: null,
          contents: Buffer.from('#!x\ny\n'),
          sensitive: false,
        },
        {
          kind: 'file' as const,
          path: '/d/bin',
          mode: 0o644,
          owner: null,
          contents: Uint8Array.of(0xff),
          sensitive: false,
        },
        {
          kind: 'file' as const,
          path: '/d/task.xml',
          mode: 0o600,
          owner: null,
          contents: Buffer.from('\ufeff<a>\r\n</a>\r\n', 'utf16le'),
          sensitive: false,
        },
      ],
      commands: [{file: 'systemctl', args: ['daemon-reload']}],
      notes: ['no back-off here'],
    },
    change: 'create' as const,
    warnings: ['w'],
  }
  const output = planOutput('systemd', preview, ['w'])
  t.false(JSON.stringify(output).includes(secret))
  t.is(output.plan.entries[3]?.contents, null)
  t.is(output.plan.entries[4]?.contents, '<a>\r\n</a>\r\n')
  t.deepEqual(planLines(output, true), [
    'would install coder (systemd user)',
    '  run       /bin/echo "two words"',
    '  env       TOKEN (values hidden)',
    '  directory /d (0700)',
    '  file      /d/env (0600, hermes, 9 bytes, contents hidden)',
    '  file      /d/run (0755, 6 bytes)',
    '    | #!x',
    '    | y',
    '  file      /d/bin (0644, 1 bytes)',
    '  file      /d/task.xml (0600, 24 bytes)',
    '    | <a>',
    '    | </a>',
    '  tool      systemctl daemon-reload',
    '  note      no back-off here',
    '  note      w',
  ])
  t.false(planLines(output, false).some(line => line.includes('#!x')))
})

test('the chosen backend is marked, and a broken one can nothing', t => {
  const rows = [
    candidate({kind: 's6', presence: 'absent'}),
    candidate({kind: 'odd', presence: 'broken', capabilities: null}),
  ]
  const lines = candidateTable('s6', rows, plain, 80)
  t.regex(lines[1] ?? '', /^s6 \* +1\.0\.0 +50 +absent +user, autostart/)
  t.regex(lines[2] ?? '', /^odd +1\.0\.0 +50 +broken +-$/)
  t.true(lines.every(line => line.length <= 80))
})

test('evidence is told fact by fact', t => {
  const evidence = [{fact: 'PID 1', path: '/proc/1/comm', value: 'systemd'}]
  t.deepEqual(
    evidenceLines(
      null,
      [candidate({kind: 's6', presence: 'unreachable', reason: 'no bus', hint: 'log in', evidence})],
      plain,
    ),
    [
      's6: unreachable',
      '  from pkg-s6 1.0.0',
      '  because no bus',
      '  hint: log in',
      '  - PID 1: systemd (/proc/1/comm)',
      'no backend is chosen',
    ],
  )
})

test('a setting is told with its origin', t => {
  const lines = configurationTable([
    {key: 'backend', value: 's6', origin: '--backend'},
    {key: 'scope', value: null, origin: 'default'},
  ])
  t.deepEqual(lines, ['KEY      VALUE  FROM', 'backend  s6     --backend', 'scope    null   default'])
})

test('findings have a mark each, and a hint where there is one', t => {
  const findings = [
    {severity: 'error' as const, message: 'bad', hint: 'fix', code: 'HSVC_INTERNAL' as const},
    {severity: 'ok' as const, message: 'fine', hint: null, code: null},
  ]
  t.deepEqual(findingLines(findings), ['✗ bad', '  hint: fix', '✓ fine'])
})

test('reconcile says what it did, or would do', t => {
  const start = {profile: 'coder', action: 'start' as const, reason: 'it should run', priorState: null, staleFiles: []}
  const actions = [start, {...start, profile: 'ops', staleFiles: ['gateway.pid']}]
  t.deepEqual(reconcileLines({actions, dryRun: false, skipped: null}), [
    '✓ coder started: it should run',
    '✓ ops started: it should run; removed what an earlier one had left: gateway.pid',
  ])
  t.deepEqual(reconcileLines({actions, dryRun: true, skipped: null}), [
    '✓ coder would start: it should run',
    '✓ ops would start: it should run; would remove what an earlier one had left: gateway.pid',
  ])
  t.deepEqual(reconcileLines({actions: [], dryRun: false, skipped: null}), [
    'nothing is recorded and Hermes has no profile, so there is nothing to do',
  ])
  t.deepEqual(reconcileLines({actions: [], dryRun: false, skipped: 'it shows the dashboard'}), [
    'nothing was done: it shows the dashboard',
  ])
})
