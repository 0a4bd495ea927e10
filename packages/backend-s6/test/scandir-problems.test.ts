import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {findScandirProblems, measureScandir} from '../dist/scandir-problems.js'

function makeScandir(t: ExecutionContext, ...directories: string[]): string {
  const scandir = mkdtempSync(join(tmpdir(), 's6-problems-'))
  t.teardown(() => {
    rmSync(scandir, {recursive: true})
  })
  for (const name of directories) mkdirSync(join(scandir, name), {recursive: true})
  return scandir
}

test('a service takes one place, and one with a logger two', t => {
  const scandir = makeScandir(t, 'plain', 'logged/log', 'gateway-coder/log')
  t.deepEqual(measureScandir(scandir), {services: 3, slots: 5, unreadable: [], tooLong: []})
})

test('a link to a directory is a service; files and hidden directories are none', t => {
  const scandir = makeScandir(t, '.s6-svscan', '.gateway-coder.new/log', '.elsewhere/log')
  symlinkSync(join(scandir, '.elsewhere'), join(scandir, 'linked'))
  writeFileSync(join(scandir, 'README'), '')
  symlinkSync('README', join(scandir, 'to-a-file'))
  t.deepEqual(measureScandir(scandir), {services: 1, slots: 2, unreadable: [], tooLong: []})
})

test('a scan directory with nothing wrong has no problem', t => {
  t.deepEqual(findScandirProblems(makeScandir(t), 1), [])
  t.deepEqual(findScandirProblems(makeScandir(t, 'one/log'), 1), [])
})

test('a link that leads nowhere, also one in a circle, is an error that says how to remove it', t => {
  const scandir = makeScandir(t, 'fine')
  for (const name of ['nowhere', 'circle'])
    symlinkSync(name === 'circle' ? name : '/no/such/place', join(scandir, name))
  const problems = findScandirProblems(scandir)
  t.deepEqual(problems.map(({severity, hint}) => [severity, hint]).sort(), [
    ['error', `remove it: rm ${join(scandir, 'circle')}`],
    ['error', `remove it: rm ${join(scandir, 'nowhere')}`],
  ])
  t.true(problems.every(({message}) => message.includes(' leads nowhere: ')))
})

test('as many services as the supervisor takes are none too many, one more is', t => {
  const scandir = makeScandir(t, 'one/log', 'two/log')
  t.deepEqual(findScandirProblems(scandir, 2), [])
  mkdirSync(join(scandir, 'three', 'log'), {recursive: true})
  const [problem, ...more] = findScandirProblems(scandir, 2)
  t.deepEqual(more, [])
  t.like(problem, {severity: 'error'})
  t.regex(problem?.message ?? '', /has 3 services, 6 with their loggers; s6-svscan takes 4/)
})

test('services without a logger count too: older versions take no more of them', t => {
  const scandir = makeScandir(t, 'one', 'two', 'three')
  t.is(findScandirProblems(scandir, 2).length, 1)
  t.deepEqual(findScandirProblems(scandir, 3), [])
})

test('a name that s6 passes over is a warning, and shown at a length to read', t => {
  const scandir = makeScandir(t, 'x'.repeat(251), 'y'.repeat(252))
  const [problem, ...more] = findScandirProblems(scandir)
  t.deepEqual(more, [])
  t.like(problem, {severity: 'warning', hint: null})
  t.regex(problem?.message ?? '', /^y{60}… in /)
})

test('the length of a name is counted in bytes', t => {
  const scandir = makeScandir(t, 'é'.repeat(126))
  t.deepEqual(measureScandir(scandir).tooLong.length, 1)
})

test('a scan directory that is not there is the system error', t => {
  t.throws(() => measureScandir('/no/such/scandir'), {code: 'ENOENT'})
})
