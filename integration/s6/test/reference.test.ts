import {containerTest, STARTER, VARIANTS} from './container-test.js'
import {eventually} from '../../testing/dist/eventually.js'

const REFERENCE = {HERMES_SVC_BACKENDS: '{"s6": {"dialect": "reference"}}'}

for (const variant of VARIANTS.filter(({as}) => as === STARTER)) {
  containerTest("a slot runs the reference module's command when it is asked to", variant, async (t, s6) => {
    const before = await s6.scandir()
    await s6.done(t, ['gateway', 'register', 'coder', '--port', '9001', '--env', "FOO=it's a test"], REFERENCE)
    t.like(await s6.row('coder'), {state: 'running', port: 9001, origin: 'registered'})
    const {stdout} = await s6.done(t, ['gateway', 'logs', 'coder'])
    const started = 'hermes args=[-p coder gateway start --foreground --port 9001] uid=10000 gid=10000 groups=[10000]'
    t.true(stdout.includes(`${started} pwd=/opt/data venv=/opt/hermes/.venv\n`), stdout)
    t.true(stdout.includes("env FOO=it's a test\n"), stdout)
    await s6.done(t, ['gateway', 'restart', 'coder'], REFERENCE)
    await s6.done(t, ['gateway', 'unregister', 'coder'], REFERENCE)
    t.is(await s6.scandir(), before)
    await eventually('no process is left', () => s6.others().every(each => each.startsWith('sleep')))
  })
}
