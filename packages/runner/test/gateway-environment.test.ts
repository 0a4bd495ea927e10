import test from 'ava'
import {gatewayEnvironment} from '../dist/gateway-process.js'

const OF_THE_MACHINE = {
  SystemRoot: 'C:\\Windows',
  APPDATA: 'C:\\Users\\ann\\AppData\\Roaming',
  'ProgramFiles(x86)': 'D:\\x86',
}

test('on Windows a gateway gets the variables that programs there need, and nothing else of its runner', t => {
  const inherited = {...OF_THE_MACHINE, HERMES_SVC_RUNNER: '1', STRAY: 'x'}
  t.deepEqual(gatewayEnvironment({A: '1'}, 'i', 'win32', inherited), {
    ...OF_THE_MACHINE,
    A: '1',
    HERMES_SVC_INVOCATION: 'i',
  })
})

test('what the definition says wins, in whatever case it spells the name', t => {
  const given = gatewayEnvironment({SYSTEMROOT: 'E:\\W', AppData: 'E:\\A'}, 'i', 'win32', OF_THE_MACHINE)
  t.deepEqual(given, {
    'ProgramFiles(x86)': 'D:\\x86',
    SYSTEMROOT: 'E:\\W',
    AppData: 'E:\\A',
    HERMES_SVC_INVOCATION: 'i',
  })
})

test('elsewhere it gets the definition and its invocation only', t => {
  t.deepEqual(gatewayEnvironment({A: '1'}, 'i', 'linux', OF_THE_MACHINE), {A: '1', HERMES_SVC_INVOCATION: 'i'})
})
