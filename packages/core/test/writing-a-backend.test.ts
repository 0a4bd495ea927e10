import {readdirSync, readFileSync} from 'node:fs'
import test from 'ava'
import type {GatewaySpec, Plan} from '@hermes-svc/core'
import {DEFAULT_CONFIGURATION, serviceError} from '@hermes-svc/core'

const EXAMPLE = new URL('../../../examples/backend-runit/', import.meta.url)
const PAGE = readFileSync(new URL('../../../docs/writing-a-backend.md', import.meta.url), 'utf8')

/** Blocks of code with what is named behind their language, if anything is. */
function blocks(language: string): {name: string; text: string}[] {
  const fences = PAGE.matchAll(/^```(\w+) (\S+)\n([^]*?)^```$/gm)
  return [...fences].filter(([, found]) => found === language).map(([, , name = '', text = '']) => ({name, text}))
}

const SPEC: GatewaySpec = {
  profile: 'coder',
  description: 'Hermes gateway coder',
  argv: ['/usr/bin/hermes', '-p', 'coder', 'gateway', 'run'],
  env: {API_KEY: "it's secret"},
  cwd: '/home/hermes',
  port: null,
  scope: 'system',
  account: 'hermes',
  autostart: true,
  restart: DEFAULT_CONFIGURATION.restart,
  settleMs: 1000,
  stopTimeoutMs: 70_000,
  logs: DEFAULT_CONFIGURATION.logs,
  userSet: [],
}

test('what docs/writing-a-backend.md quotes from the example stands there', t => {
  const quoted = [...blocks('js'), ...blocks('json')]
  t.true(quoted.length > 5)
  for (const {name, text} of quoted) {
    t.true(readFileSync(new URL(name, EXAMPLE), 'utf8').includes(text), `${name} has not: ${text}`)
  }
})

test('docs/writing-a-backend.md names each source file of the example, and no other', t => {
  const named = [...PAGE.matchAll(/^\| (`[^|]+) \|.*\|.*\|$/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([\w-]+\.js)`/g)].map(([, file]) => file),
  )
  t.deepEqual(named.sort(), readdirSync(new URL('src', EXAMPLE)).sort())
})

test('the scripts in docs/writing-a-backend.md are what the example renders', async t => {
  const module = (await import(new URL('src/plan-service.js', EXAMPLE).href)) as {
    planService(spec: GatewaySpec, facts: object, context: object): Plan
  }
  const facts = {directory: '/etc/service', scope: 'system', startsAtBoot: true, logs: '/logs', caller: {uid: 0}}
  const {entries} = module.planService(SPEC, facts, {error: serviceError})
  const rendered = (name: string) =>
    entries
      .filter(({kind, path}) => kind === 'file' && path.endsWith(`/${name}`))
      .map(({contents}) =>
        Buffer.from(contents ?? [])
          .toString()
          .replaceAll(/definition\.[0-9a-f]+/g, 'definition.HASH'),
      )
  const shown = blocks('sh')
  t.deepEqual(
    shown.map(({name}) => name),
    ['run', 'gateway'],
  )
  for (const {name, text} of shown) t.deepEqual(rendered(name), [text])
})
