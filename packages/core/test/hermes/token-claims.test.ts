import {readFileSync} from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import {fingerprint} from '../../dist/hermes/claim.js'
import {TOKEN_KEYS, tokenClaims} from '../../dist/hermes/token-claims.js'
import {settingsOf, type Sources} from './claim-sources.js'

const TOKEN = '123:SECRET'

/** Names of what is claimed; `?` where it is not certain. */
function claimed(sources: Sources): string[] {
  return tokenClaims(settingsOf(sources)).map(({name, certain}) => (certain ? name : `${name}?`))
}

for (const [title, sources, names] of [
  ['in .env', {dotenv: `TELEGRAM_BOT_TOKEN=${TOKEN}`}, ['TELEGRAM_BOT_TOKEN']],
  ['given to the gateway', {env: {DISCORD_BOT_TOKEN: TOKEN}}, ['DISCORD_BOT_TOKEN']],
  ['in config.yaml', {config: `platforms: {telegram: {enabled: true, token: "${TOKEN}"}}`}, ['TELEGRAM_BOT_TOKEN']],
  ['below extra', {config: 'platforms: {qqbot: {enabled: on, extra: {app_id: "10203040"}}}'}, ['QQ_APP_ID']],
  ['below gateway', {config: `gateway: {telegram: {enabled: true, token: "${TOKEN}"}}`}, ['TELEGRAM_BOT_TOKEN']],
  [
    'in .env, with its companion',
    {dotenv: 'SIGNAL_ACCOUNT=+4912345\nSIGNAL_HTTP_URL=http://127.0.0.1:8080'},
    ['SIGNAL_ACCOUNT'],
  ],
  [
    'that Hermes does not lock',
    {dotenv: `SLACK_BOT_TOKEN=${TOKEN}\nSLACK_APP_TOKEN=x${TOKEN}`},
    ['SLACK_APP_TOKEN', 'SLACK_BOT_TOKEN?'],
  ],
] as const) {
  test(`a token ${title} is claimed`, t => {
    t.deepEqual(claimed(sources), [...names])
  })
}

for (const [title, sources] of [
  [
    'of a platform that config.yaml disables',
    {
      dotenv: `TELEGRAM_BOT_TOKEN=${TOKEN}`,
      config: 'platforms: {telegram: {enabled: false}}',
    },
  ],
  [
    'of a platform that is disabled at the top',
    {
      dotenv: `TELEGRAM_BOT_TOKEN=${TOKEN}`,
      config: 'platforms: {telegram: {enabled: true}}\ntelegram: {enabled: "no"}',
    },
  ],
  ['of config.yaml that nothing enables', {config: `platforms: {telegram: {token: "${TOKEN}"}}`}],
  ['without its companion', {dotenv: 'SIGNAL_ACCOUNT=+4912345'}],
  [
    'that is empty in .env, whatever the gateway is given',
    {
      env: {TELEGRAM_BOT_TOKEN: TOKEN},
      dotenv: 'TELEGRAM_BOT_TOKEN=',
    },
  ],
  ['that is a placeholder', {dotenv: 'TELEGRAM_BOT_TOKEN=Your-API-key'}],
  ['that is shorter than any', {dotenv: 'TELEGRAM_BOT_TOKEN=abc'}],
  ['that refers to another variable', {dotenv: 'TELEGRAM_BOT_TOKEN=${SHARED}'}],
  [
    'that refers to a variable in config.yaml',
    {
      config: 'platforms: {telegram: {enabled: true, token: "${TELEGRAM_BOT_TOKEN}"}}',
    },
  ],
  [
    'at the top of config.yaml, where Hermes reads none,',
    {
      config: `platforms: {telegram: {enabled: true}}\ntelegram: {token: "${TOKEN}"}`,
    },
  ],
  ['that is no text', {config: 'platforms: {telegram: {enabled: true, token: [a]}}'}],
] as const) {
  test(`a token ${title} is not claimed`, t => {
    t.deepEqual(claimed(sources), [])
  })
}

test('what .env says wins over what the gateway is given, and both over config.yaml', t => {
  const env = {TELEGRAM_BOT_TOKEN: 'of the environment'}
  const config = 'platforms: {telegram: {enabled: true, token: of config.yaml}}'
  const value = (sources: Sources): [string | undefined, string | undefined] => {
    const [claim] = tokenClaims(settingsOf(sources))
    return [claim?.value, claim?.setting]
  }
  t.deepEqual(value({env, config, dotenv: 'TELEGRAM_BOT_TOKEN="of .env"'}), [
    fingerprint('of .env'),
    'TELEGRAM_BOT_TOKEN in its .env',
  ])
  t.deepEqual(value({env, config}), [fingerprint('of the environment'), 'TELEGRAM_BOT_TOKEN with --env'])
  t.deepEqual(value({config}), [fingerprint('of config.yaml'), 'TELEGRAM_BOT_TOKEN in its config.yaml'])
})

test('nothing is certain while a file could not be read, or a secret manager may replace it', t => {
  const dotenv = `TELEGRAM_BOT_TOKEN=${TOKEN}`
  t.deepEqual(claimed({dotenv, config: null}), ['TELEGRAM_BOT_TOKEN?'])
  t.deepEqual(claimed({env: {TELEGRAM_BOT_TOKEN: TOKEN}, dotenv: null}), ['TELEGRAM_BOT_TOKEN?'])
  t.deepEqual(claimed({dotenv, config: 'secrets: {bitwarden: {enabled: true}}'}), ['TELEGRAM_BOT_TOKEN?'])
  t.deepEqual(claimed({dotenv, config: 'secrets: {bitwarden: {enabled: false}}'}), ['TELEGRAM_BOT_TOKEN'])
})

test('of a gateway whose environment others give, only what .env says is certain', t => {
  t.deepEqual(claimed({env: null, dotenv: `TELEGRAM_BOT_TOKEN=${TOKEN}`}), ['TELEGRAM_BOT_TOKEN'])
  t.deepEqual(claimed({env: null, config: `platforms: {telegram: {enabled: 1, token: "${TOKEN}"}}`}), [
    'TELEGRAM_BOT_TOKEN?',
  ])
})

test('a token is compared as Hermes sends it: without spaces around it and without what is not ASCII', t => {
  const [plain] = tokenClaims(settingsOf({dotenv: `TELEGRAM_BOT_TOKEN=${TOKEN}`}))
  const [pasted] = tokenClaims(settingsOf({dotenv: `TELEGRAM_BOT_TOKEN=" ${TOKEN}\u200B "`}))
  t.is(plain?.value, pasted?.value)
})

test('a claim does not hold the token, and two tokens are never one', t => {
  const token = fc.string({minLength: 20, unit: fc.constantFrom(...Array.from('abcXYZ0189:-_'))})
  const claimOf = (text: string): string =>
    JSON.stringify(tokenClaims(settingsOf({dotenv: `TELEGRAM_BOT_TOKEN=${text}`})))
  fc.assert(
    fc.property(token, token, (one, other) => {
      t.false(claimOf(one).includes(one))
      t.is(claimOf(one) === claimOf(other), one === other)
    }),
  )
  t.pass()
})

test('docs/ports-and-tokens.md names every token that is looked at, and no other', t => {
  const docs = readFileSync(new URL('../../../../docs/ports-and-tokens.md', import.meta.url), 'utf8')
  const rows = docs.split('\n').filter(line => /^\| `[A-Z_]+`(, `|\s\|)/.test(line))
  const named = rows.flatMap(row => [...(row.split(' | ')[0] ?? '').matchAll(/`([A-Z_]+)`/g)].map(match => match[1]))
  t.deepEqual(named.sort(), TOKEN_KEYS.toSorted())
})
