import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {detectServiceManager, getServiceManager, isServiceManager} from '../dist/index.js'
import {Machine, packageRoot} from './program.js'

test.serial('the library finds an installed backend without oclif, and gives a guarded manager', async t => {
  const machine = new Machine(t)
  machine.link()
  Object.assign(process.env, machine.env)
  t.is(await detectServiceManager(), 'toy')
  const manager = await getServiceManager()
  t.true(isServiceManager(manager))
  t.is(manager.kind, 'toy')
  await t.throwsAsync(manager.start('Bad Name'), {message: /Bad Name/})
})

test.serial('without an init system the library has none, unless a fallback will do', async t => {
  const machine = new Machine(t)
  Object.assign(process.env, machine.env)
  t.is(await detectServiceManager(), 'none')
  t.like(await t.throwsAsync(getServiceManager()), {code: 'HSVC_NO_BACKEND'})
  t.is((await getServiceManager({fallback: true})).kind, 'embedded')
})

test.serial('the library reads the configuration, or the file it is given', async t => {
  const machine = new Machine(t)
  machine.link()
  Object.assign(process.env, machine.env)
  const file = join(machine.directory, 'c.json')
  writeFileSync(file, '{"backend": "nope"}')
  t.like(await t.throwsAsync(getServiceManager({configFile: file})), {code: 'HSVC_NO_BACKEND'})
  t.is((await getServiceManager({backend: 'toy', configFile: file})).kind, 'toy')
})

test.serial('importing the library loads no oclif', async t => {
  const {execFileSync} = await import('node:child_process')
  const code = `
    import {createRequire} from 'node:module'
    await import(${JSON.stringify(join(packageRoot, 'dist', 'index.js'))})
    console.log(Object.keys(createRequire(import.meta.url).cache ?? {}).filter(file => file.includes('@oclif')).length)`
  t.is(execFileSync(process.execPath, ['--input-type=module', '-e', code], {encoding: 'utf8'}), '0\n')
})
