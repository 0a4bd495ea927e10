import {join} from 'node:path'
import {copyExample, publishDevelopment, withRunit} from './runit-example.js'

const LONGEST_MS = 900_000
/** Every sentence that binds it, and the clean-up. */
const TESTS = 70

const test = withRunit(publishDevelopment)

test('the runit backend, alone in a directory with the published contract, passes its own test on a real runsvdir', async ({
  t,
  registry,
}) => {
  t.timeout(LONGEST_MS)
  const directory = join(registry.directory, 'backend-runit')
  copyExample(directory)
  const install = await registry.run('npm', ['install'], {cwd: directory})
  t.is(install.code, 0, install.stderr)
  const {code, stdout, stderr} = await registry.run('npm', ['test'], {cwd: directory, timeoutMs: LONGEST_MS})
  t.is(code, 0, `${stdout}${stderr}`)
  const [, passed, failed, skipped] = /^# pass (\d+)\n# fail (\d+)\n# cancelled 0\n# skipped (\d+)$/m.exec(stdout) ?? []
  t.deepEqual([passed, failed, skipped], [String(TESTS), '0', '0'])
  t.log(`${String(passed)} sentences`)
})
