import test from 'ava'
import fc from 'fast-check'
import {encodeTask, renderTask, type TaskSpec} from '../dist/task-xml.js'
import {loadWithExpat, why as whyNoExpat, withExpat} from './expat.js'
import {assertGolden} from './golden.js'
import {CHOSEN, hostileText} from './hostile-texts.js'
import {schemaErrors, why as whyNoXmllint, withXmllint} from './xmllint.js'

const TASK: TaskSpec = {
  description: 'Hermes gateway coder',
  source: 'hermes-svc 0123456789abcdef fedcba9876543210',
  userId: 'S-1-5-21-1004336348-1177238915-682003330-1001',
  command: String.raw`C:\Windows\System32\wscript.exe`,
  args: String.raw`//B //Nologo "C:\Users\Ada Lovelace\.hermes\hermes-svc\gateways\coder\windows\launcher.vbs"`,
  autostart: true,
}

const DESCRIPTOR = 'D:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;FA;;;S-1-5-21-1004336348-1177238915-682003330-1001)'

const UNUSUAL: readonly TaskSpec[] = [
  {...TASK, autostart: false},
  {...TASK, securityDescriptor: DESCRIPTOR},
  {...TASK, userId: String.raw`CORP\Ada Lovelace`},
  {...TASK, description: ''},
  {...TASK, command: `C:\\${'x'.repeat(257)}`},
]

/** The text of each element, by the path of its names. */
function leavesOf(file: Buffer): Map<string, string> {
  const [loaded] = loadWithExpat([file])
  return new Map(loaded?.leaves)
}

test('a task is as it was', t => {
  assertGolden(t, 'task.xml', renderTask(TASK))
  assertGolden(t, 'task.no-autostart.xml', renderTask({...TASK, autostart: false, securityDescriptor: DESCRIPTOR}))
})

test('the file is UTF-16 with a byte order mark, the low byte first, and says so', t => {
  const bytes = encodeTask(renderTask({...TASK, description: '方舟 😀'}))
  t.deepEqual([...bytes.subarray(0, 6)], [0xff, 0xfe, 0x3c, 0, 0x3f, 0])
  const text = new TextDecoder('utf-16le', {fatal: true}).decode(bytes)
  t.true(text.startsWith('<?xml version="1.0" encoding="UTF-16"?>\r\n'))
  t.true(text.includes('<Description>方舟 😀</Description>'))
  t.is(text.split('\n').length, text.split('\r\n').length)
})

withXmllint(`every task keeps to the documented schema${whyNoXmllint}`, t => {
  for (const error of schemaErrors(
    t,
    [TASK, ...UNUSUAL].map(task => encodeTask(renderTask(task))),
  ))
    t.is(error, '')
})

withXmllint(`a task with any of the hostile texts keeps to the schema${whyNoXmllint}`, t => {
  const texts = [...CHOSEN, ...fc.sample(hostileText, 100)].map(text => text.slice(0, 250))
  const files = texts.map(text =>
    encodeTask(renderTask({...TASK, description: text, args: `"${text}`, command: `C:\\${text.replaceAll('"', '')}`})),
  )
  for (const [index, error] of schemaErrors(t, files).entries()) t.is(error, '', JSON.stringify(texts[index]))
})

/** Ways in which a task would be refused by Windows, or would be no task of ours. */
const BROKEN: Readonly<Record<string, (xml: string) => string>> = {
  'another namespace': xml => xml.replace('2004/02/mit/task', '2004/02/mit/job'),
  'another root': xml => xml.replaceAll(/(<\/?)Task\b/g, '$1Job'),
  'an unknown element': xml => xml.replace('<Hidden>', '<Shown>true</Shown><Hidden>'),
  'no action': xml => xml.replace(/<Actions[^]*<\/Actions>/, ''),
  'an action of another principal': xml => xml.replace('Context="Author"', 'Context="Other"'),
  'a value that is none of the policies': xml => xml.replace('IgnoreNew', 'ignorenew'),
  'a word in place of true or false': xml => xml.replace('<Hidden>false', '<Hidden>no'),
  'a duration that is none': xml => xml.replace('PT0S', '0'),
  'a heartbeat of less than a minute': xml => xml.replace('PT5M', 'PT59S'),
  'a heartbeat that ends': xml => xml.replace('<StopAtDurationEnd>', '<Duration>P1D</Duration><StopAtDurationEnd>'),
  'a trigger for every account': xml => xml.replace(/(<LogonTrigger>[^]*?)<UserId>[^<]*<\/UserId>/, '$1'),
  'a trigger in another order': xml => xml.replace(/(<Enabled>true<\/Enabled>)([^]*?)(<\/LogonTrigger>)/, '$2$1$3'),
  'highest privileges': xml => xml.replace('LeastPrivilege', 'HighestAvailable'),
  'a token of another kind': xml => xml.replace('InteractiveToken', 'S4U'),
  'a program of 261 characters': xml => xml.replace('<Command>', `<Command>${'x'.repeat(250)}`),
  'a program in quotation marks': xml => xml.replace('<Command>', '<Command>&quot;'),
  'no time limit said': xml => xml.replace(/<ExecutionTimeLimit>.*/, ''),
  'nothing said about batteries': xml => xml.replace(/<StopIfGoingOnBatteries>.*/, ''),
  'what is no account': xml => xml.replaceAll(TASK.userId, 'S-1-'),
  'a source outside of ASCII': xml => xml.replace('<Source>', '<Source>é'),
  'a text that is not closed': xml => xml.replace('</Task>', ''),
}

withXmllint(`the schema refuses each thing that must not be in a task${whyNoXmllint}`, t => {
  const xml = renderTask(TASK)
  const broken = Object.entries(BROKEN).map(([title, change]) => ({title, xml: change(xml)}))
  for (const {title, xml: changed} of broken) t.not(changed, xml, title)
  const errors = schemaErrors(
    t,
    broken.map(each => encodeTask(each.xml)),
  )
  for (const [index, error] of errors.entries()) t.not(error, '', broken[index]?.title)
  const [label = ''] = schemaErrors(t, [Buffer.from(`\u{feff}${xml}`)])
  t.not(label, '', 'UTF-8 that says to be UTF-16')
})

withExpat(`a task says what Windows would otherwise decide to its harm${whyNoExpat}`, t => {
  const leaves = leavesOf(encodeTask(renderTask(TASK)))
  const settings = {
    MultipleInstancesPolicy: 'IgnoreNew',
    DisallowStartIfOnBatteries: 'false',
    StopIfGoingOnBatteries: 'false',
    StartWhenAvailable: 'true',
    RunOnlyIfNetworkAvailable: 'false',
    AllowStartOnDemand: 'true',
    RunOnlyIfIdle: 'false',
    ExecutionTimeLimit: 'PT0S',
    'IdleSettings/StopOnIdleEnd': 'false',
  }
  for (const [name, value] of Object.entries(settings)) t.is(leaves.get(`Task/Settings/${name}`), value, name)
  for (const path of ['Principals/Principal', 'Triggers/LogonTrigger'])
    t.is(leaves.get(`Task/${path}/UserId`), TASK.userId)
  t.is(leaves.get('Task/Principals/Principal/RunLevel'), 'LeastPrivilege')
  t.is(leaves.get('Task/Principals/Principal/LogonType'), 'InteractiveToken')
  t.is(leaves.get('Task/Triggers/TimeTrigger/Repetition/Interval'), 'PT5M')
  t.false(leaves.has('Task/Triggers/TimeTrigger/Repetition/Duration'))
})

withExpat(`without autostart nothing triggers a task, and it can be run${whyNoExpat}`, t => {
  const leaves = leavesOf(encodeTask(renderTask({...TASK, autostart: false})))
  t.deepEqual(
    [...leaves.keys()].filter(path => path.startsWith('Task/Triggers/')),
    [],
  )
  t.is(leaves.get('Task/Settings/AllowStartOnDemand'), 'true')
})

withExpat(`each of the hostile texts is read as it was, in every place for a text${whyNoExpat}`, t => {
  const texts = [...CHOSEN, ...fc.sample(hostileText, 400)]
  const loaded = loadWithExpat(
    texts.map(text =>
      encodeTask(
        renderTask({
          description: text,
          source: text,
          userId: text,
          command: text,
          args: text,
          autostart: true,
          securityDescriptor: text,
        }),
      ),
    ),
  )
  for (const [index, {leaves, error}] of loaded.entries()) {
    const found = new Map(leaves)
    const text = texts[index]
    for (const path of [
      'RegistrationInfo/Description',
      'RegistrationInfo/Source',
      'RegistrationInfo/SecurityDescriptor',
      'Triggers/LogonTrigger/UserId',
      'Principals/Principal/UserId',
      'Actions/Exec/Command',
      'Actions/Exec/Arguments',
    ])
      t.is(found.get(`Task/${path}`), text, `${path} ${error ?? ''}`)
  }
})
