import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import type {Site} from '../../../packages/backend-launchd/dist-test/scenarios/site.js'
import type {Scenario} from '../../../packages/backend-launchd/dist-test/scenarios/scenario.js'
import {type Answer, parseAnswer, withJson} from '../../testing/dist/answer.js'
import {collectRun, type Run} from '../../testing/dist/program-run.js'
import {environmentFor, programWith} from './real-mac.js'

const LONGEST_MS = 120_000

async function run({root}: Site, args: readonly string[]): Promise<Run> {
  const [program = '', ...words] = programWith(...args)
  const env = {...process.env, ...environmentFor(root)}
  return await collectRun(spawn(program, words, {cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe']}), '', LONGEST_MS)
}

async function ask(site: Site, ...args: string[]): Promise<Answer> {
  const answer = parseAnswer(args, await run(site, withJson(args)))
  assert.equal(answer.code, 0, JSON.stringify(answer))
  return answer
}

/** What a user does, with the program as it is: it finds launchd by itself. */
export const PROGRAM_SCENARIO: Scenario = {
  name: 'program',
  title: 'hermes-svc chooses launchd, and a gateway lives from install to uninstall',
  rounds: 1,
  exempt: ({isReal}) => (isReal ? null : 'no program finds a fake launchd by itself'),
  async play(site) {
    const {profile, witness} = site.gateway()
    const {scope, account} = site.mac
    assert.equal((await ask(site, 'backend', 'detect')).backend, 'launchd')
    const user = account === null ? [] : ['--user', account.name]
    const definition = ['--scope', scope, ...user, '--', ...witness.argv]
    await ask(site, 'gateway', 'install', profile, ...definition)
    const [row] = (await ask(site, 'gateway', 'status', profile)).gateways ?? []
    assert.equal(row?.state, 'running')
    assert.deepEqual(witness.alive(), [row.pid])
    for (const verb of ['stop', 'start', 'restart']) await ask(site, 'gateway', verb, profile)
    assert.equal(witness.alive().length, 1)
    const {code, stderr} = await run(site, ['gateway', 'logs', profile])
    assert.equal(code, 0, stderr)
    await ask(site, 'gateway', 'uninstall', profile)
    assert.deepEqual(witness.alive(), [])
    return `${String(witness.starts().length)} processes`
  },
}
