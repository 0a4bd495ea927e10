import test from 'ava'
import {listWindowsProcesses, parseWindowsProcesses} from '../../dist/process/windows-processes.js'

const RECORDS = [
  'CommandLine="C:\\Program Files\\nodejs\\node.exe" main.js',
  'CreationDate=20260102030405.678901+060',
  'ParentProcessId=4',
  'ProcessId=88',
]
const AT_MS = Date.UTC(2026, 0, 2, 2, 4, 5, 678)

test('the list of wmic is read, in UTF-16 and with its doubled line ends as in ASCII', t => {
  const expected = [
    {pid: 88, parent: 4, createdAtMs: AT_MS, commandLine: '"C:\\Program Files\\nodejs\\node.exe" main.js'},
  ]
  t.deepEqual(parseWindowsProcesses(Buffer.from(`\r\r\n\r\r\n${RECORDS.join('\r\r\n')}\r\r\n\r\r\n`)), expected)
  t.deepEqual(parseWindowsProcesses(Buffer.from(`\uFEFF${RECORDS.join('\r\n')}\r\n`, 'utf16le')), expected)
})

test('times of all zones and of file times are the same moment', t => {
  const timeOf = (text: string): number | undefined =>
    parseWindowsProcesses(Buffer.from(`CreationDate=${text}\nParentProcessId=1\nProcessId=2`))[0]?.createdAtMs
  t.is(timeOf('20260101213405.678901-270'), AT_MS)
  t.is(timeOf('20260102073405.678901+330'), AT_MS)
  t.is(timeOf('134117930456789015'), AT_MS)
})

test('a process without a time, or with other text in place of a number, is passed over', t => {
  const whole = 'CreationDate=20260102030405.678901+000\nParentProcessId=1\nProcessId=3\n'
  for (const broken of [
    'CreationDate=\nParentProcessId=0\nProcessId=0\n',
    'CreationDate=20260102030405.678901+000\nParentProcessId=\nProcessId=2\n',
    'Es sind keine Instanzen vorhanden.\nProcessId=2\n',
  ])
    t.deepEqual(
      parseWindowsProcesses(Buffer.from(broken + whole)).map(({pid}) => pid),
      [3],
    )
  t.deepEqual(parseWindowsProcesses(Buffer.alloc(0)), [])
})

test('where wmic is missing or says nothing PowerShell is asked, and where neither answers both reasons are told', async t => {
  const asked: string[] = []
  const text = 'CommandLine=x\nCreationDate=134117930456789015\nParentProcessId=4\nProcessId=88\n'
  for (const silent of [Promise.reject(new Error('spawn ENOENT')), Promise.resolve(new Uint8Array())]) {
    silent.catch(() => undefined)
    const run = (file: string): Promise<Uint8Array> => {
      asked.push(file)
      return file.includes('WMIC') ? silent : Promise.resolve(Buffer.from(text))
    }
    const found = await listWindowsProcesses(run, 'D:\\Windows')
    t.deepEqual(found, [{pid: 88, parent: 4, createdAtMs: AT_MS, commandLine: 'x'}])
  }
  t.deepEqual(asked.slice(0, 2), [
    'D:\\Windows\\System32\\wbem\\WMIC.exe',
    'D:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
  ])
  const refuse = (): Promise<Uint8Array> => Promise.reject(Object.assign(new Error('no'), {code: 'EACCES'}))
  await t.throwsAsync(listWindowsProcesses(refuse, 'C:\\Windows'), {
    message: /WMIC\.exe: EACCES; .*powershell\.exe: EACCES/,
  })
})
