import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {withRegistry} from './with-registry.js'

const test = withRegistry()

test('what the product depends on comes from loopback, and nothing comes from elsewhere', async ({t, registry}) => {
  const install = await registry.run('npm', ['install', '--prefix', 'empty', 'cosmiconfig@9.0.2'])
  t.is(install.code, 0, install.stderr)
  t.true(existsSync(join(registry.directory, 'empty', 'node_modules', 'cosmiconfig', 'package.json')))
  t.true(registry.requests().some(request => request.startsWith('GET /cosmiconfig')))
  const elsewhere = await registry.run(process.execPath, [
    '-e',
    `require('node:net').connect(80, '192.0.2.1').on('error', error => console.log(error.code)).setTimeout(2000)`,
  ])
  t.regex(elsewhere.stdout, /ENETUNREACH/)
})

test('a registry that was closed cannot be reached until it is opened', async ({t, registry}) => {
  await registry.close()
  const refused = await registry.run('npm', ['ping'])
  t.not(refused.code, 0)
  await registry.open()
  const answered = await registry.run('npm', ['ping'])
  t.is(answered.code, 0, answered.stderr)
})
