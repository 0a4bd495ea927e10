import test from 'ava'
import {parsePs, type SnapshotProcess, treeMembers} from '../dist/process-tree.js'

const each = (pid: number, parent: number, changes: Partial<SnapshotProcess> = {}): SnapshotProcess => ({
  pid,
  parent,
  group: pid,
  session: pid,
  startTime: String(pid),
  marked: false,
  runner: false,
  ...changes,
})

const pids = (processes: readonly SnapshotProcess[]): number[] => processes.map(({pid}) => pid).sort((a, b) => a - b)

test('a tree is the main process, its group, its session, what carries the mark, and their descendants', t => {
  const processes = [
    each(10_000, 2),
    each(10_001, 10_000),
    each(10_002, 10_001),
    each(10_003, 1, {group: 10_000}),
    each(10_004, 1, {session: 10_000}),
    each(10_005, 1, {marked: true}),
    each(10_006, 10_005),
    each(10_007, 1),
  ]
  const root = {main: {pid: 10_000, startTime: '10000'}, mark: 'X', groupIsOurs: true}
  t.deepEqual(pids(treeMembers(processes, root)), [10_000, 10_001, 10_002, 10_003, 10_004, 10_005, 10_006])
})

test('a process that has the pid of the main process by reuse is no member, nor is its group', t => {
  const processes = [each(10_000, 2, {startTime: '99'}), each(10_001, 10_000), each(10_003, 1, {group: 10_000})]
  const root = {main: {pid: 10_000, startTime: '10000'}, mark: 'X', groupIsOurs: true}
  t.deepEqual(treeMembers(processes, root), [])
})

test('of a main process that is long gone, only what carries the mark is a member', t => {
  const processes = [each(10_003, 1, {group: 10_000}), each(10_004, 1, {marked: true})]
  const root = {main: {pid: 10_000, startTime: '10000'}, mark: 'X', groupIsOurs: false}
  t.deepEqual(pids(treeMembers(processes, root)), [10_004])
})

test('neither a runner started from inside the tree, nor the one who asks, nor pid 1 is a member', t => {
  const processes = [
    each(1, 0, {marked: true}),
    each(process.pid, 1, {marked: true}),
    each(10_000, 1, {marked: true}),
    each(10_001, 10_000, {marked: true, runner: true}),
    each(10_002, 10_001),
  ]
  t.deepEqual(pids(treeMembers(processes, {main: null, mark: 'X', groupIsOurs: false})), [10_000])
})

/** A process that says so when it is asked for its mark. */
const unasked = (pid: number, parent: number): SnapshotProcess => ({
  ...each(pid, parent),
  get marked(): boolean {
    throw new Error(`${String(pid)} was asked for its mark`)
  },
})

test('where all ancestors are known, only later children of theirs are asked for the mark', t => {
  const processes = [
    unasked(9000, 1),
    unasked(10_001, 20_000),
    each(10_002, 1, {marked: true}),
    unasked(10_003, 10_002),
    each(10_004, 50, {marked: true}),
    each(10_005, 60),
    each(10_006, 77_777, {marked: true}),
    each(20_000, 1),
    each(50, 1),
  ]
  const root = {main: {pid: 10_000, startTime: '10000'}, mark: 'X', groupIsOurs: true, isChild: true}
  t.deepEqual(pids(treeMembers(processes, root, new Set([0, 1, 50, 60]))), [10_002, 10_003, 10_004, 10_006])
})

test('of a process that ended while it was asked for its mark, the children are asked', t => {
  const processes = [
    each(10_001, 1, {marked: null}),
    each(10_002, 10_001, {marked: true}),
    each(10_003, 10_002),
    each(10_004, 10_001),
  ]
  const root = {main: {pid: 10_000, startTime: '10000'}, mark: 'X', groupIsOurs: true, isChild: true}
  t.deepEqual(pids(treeMembers(processes, root, new Set([0, 1]))), [10_002, 10_003])
})

test('the output of ps with environments is understood', t => {
  const text = [
    '  501   1   501      0 Sun Nov 22 20:16:06 2026     /bin/sleep 9 HOME=/x HERMES_SVC_INVOCATION=abc-1 A=b',
    '  502 501   501      0 Sun Nov  2 20:16:06 2026     /bin/sh -c x HERMES_SVC_RUNNER=1',
    'nonsense',
  ].join('\n')
  const processes = parsePs(text, 'HERMES_SVC_INVOCATION=abc')
  t.like(processes[0], {
    pid: 501,
    parent: 1,
    group: 501,
    marked: true,
    runner: false,
    startTime: 'Sun Nov 22 20:16:06 2026',
  })
  t.like(processes[1], {pid: 502, parent: 501, group: 501, marked: false, runner: true})
  t.is(processes.length, 2)
})
