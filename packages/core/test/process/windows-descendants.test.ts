import test from 'ava'
import {endWindowsDescendants, windowsDescendants} from '../../dist/process/windows-descendants.js'
import type {WindowsProcess} from '../../dist/process/windows-processes.js'

const each = (pid: number, parent: number, createdAtMs: number, commandLine = ''): WindowsProcess => ({
  pid,
  parent,
  createdAtMs,
  commandLine,
})
const gateway = {pid: 400, fromMs: 100_000, toMs: 200_000}
const pids = (processes: readonly WindowsProcess[]): number[] => processes.map(({pid}) => pid).sort((a, b) => a - b)

test('descendants are what a process started while its pid was its own, and what these started', t => {
  const processes = [each(400, 4, 100_000), each(404, 400, 100_005), each(408, 404, 250_000), each(412, 4, 150_000)]
  t.deepEqual(pids(windowsDescendants(processes, gateway)), [404, 408])
})

test('a child of whoever had that pid before or has it now is no descendant', t => {
  const processes = [
    each(404, 400, 50_000),
    each(400, 4, 200_500),
    each(408, 400, 200_600),
    each(412, 400, 150_000),
    each(416, 412, 149_000),
  ]
  t.deepEqual(pids(windowsDescendants(processes, gateway)), [412])
})

test('numbers that name each other as parents do no harm', t => {
  const processes = [each(404, 408, 150_000), each(408, 404, 150_000), each(412, 400, 150_000), each(416, 412, 150_000)]
  t.deepEqual(pids(windowsDescendants(processes, gateway)), [412, 416])
  t.deepEqual(pids(windowsDescendants([each(404, 400, 150_000), each(400, 404, 150_000)], gateway)), [400, 404])
})

test('this very process is none, and what is spared is left alone with what it started', t => {
  const processes = [
    each(process.pid, 400, 150_000),
    each(404, 400, 150_000, 'spared'),
    each(408, 404, 160_000),
    each(412, 400, 150_000),
  ]
  t.deepEqual(pids(windowsDescendants(processes, gateway, ({commandLine}) => commandLine === 'spared')), [412])
})

test('descendants are ended until none is left, one that was just being started too', async t => {
  const lists = [[each(404, 400, 150_000)], [each(408, 400, 199_000)], []]
  const killed: number[] = []
  const left = await endWindowsDescendants(gateway, {
    list: () => Promise.resolve(lists.shift() ?? []),
    kill: pid => killed.push(pid),
  })
  t.deepEqual([left, killed], [[], [404, 408]])
})

test('those that do not die are told', async t => {
  const processes = [each(404, 400, 150_000)]
  let kills = 0
  const left = await endWindowsDescendants(gateway, {list: () => Promise.resolve(processes), kill: () => (kills += 1)})
  t.deepEqual([left, kills], [[404], 3])
})
